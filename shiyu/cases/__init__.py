"""The closed loop: a case from report to closure (案件闭环)."""
