"""Everything a resident does while writing a report. Nothing else writes drafts (草稿办理)."""

from shiyu.portal.actions.drafting import (
    add_photos,
    begun,
    clear,
    compare,
    drop_photo,
    fill,
    forget,
    forget_point,
    keep_contact,
    open_draft,
    put,
    sort,
    write,
)
from shiyu.portal.actions.sending import send, send_at_once, send_filled

__all__ = [
    "add_photos",
    "begun",
    "clear",
    "compare",
    "drop_photo",
    "fill",
    "forget",
    "forget_point",
    "keep_contact",
    "open_draft",
    "put",
    "send",
    "send_at_once",
    "send_filled",
    "sort",
    "write",
]
