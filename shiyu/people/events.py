"""What others may hear of what happens to accounts (人员事件)."""

from django.dispatch import Signal

proposal_moved = Signal()
"""Sends proposal and verb, in the transaction that moves it."""
