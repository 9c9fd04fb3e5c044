"""What people are told, written in the transaction of the move (通知)."""
