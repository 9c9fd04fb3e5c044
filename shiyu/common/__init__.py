"""What every module may use: refusals, working time, the embedded database (公共)."""
