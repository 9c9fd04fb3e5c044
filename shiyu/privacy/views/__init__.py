"""Pages of those who answer for personal data, and of one's own access grants (个人信息管理)."""
