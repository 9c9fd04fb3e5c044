"""The resident's pages: report, follow, rate (公众上报)."""
