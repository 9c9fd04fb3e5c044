"""Photos and other attachments, re-encoded and access-checked (附件)."""
