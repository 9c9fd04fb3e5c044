"""What others hear when a person is erased (隐私事件)."""

from django.dispatch import Signal

erasing = Signal()
"""`reports`: ids; `cases`: ids of theirs. Sent inside the transaction that erases: whoever keeps
copies of what these people gave drops them now. A receiver that fails stops the erasure."""
