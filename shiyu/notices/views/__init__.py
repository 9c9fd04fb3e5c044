"""Pages of notices: one's own, and those of who keeps the ways out (提醒页面)."""
