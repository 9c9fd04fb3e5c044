"""What the journal tells those above it."""

from django.dispatch import Signal

erased = Signal()
"""Sent in the erasing transaction, with `remark`: copies of its words elsewhere must go too."""
