"""Our own small set of line drawings, on a square of 24 (图标)."""

from typing import Final

ICONS: Final[dict[str, str]] = {
    "arrow": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21.5h4"/>',
    "building": '<path d="M5 21V4h9v17M14 10h5v11M3 21h18M8 8h3m-3 4h3m-3 4h3"/>',
    "camera": '<path d="M3 8h4l2-3h6l2 3h4v12H3z"/><circle cx="12" cy="13.5" r="3.75"/>',
    "check": '<path d="M4.5 12.5l5 5 10-11"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "cross": '<path d="M6 6l12 12M18 6L6 18"/>',
    "desk": '<path d="M3 9h18M5 9v11M19 9v11M9 9v5h10M7 9V4h6v5"/>',
    "edit": '<path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5"/>',
    "flag": '<path d="M6 21V4h12l-2.5 4.5L18 13H6"/>',
    "globe": '<circle cx="12" cy="12" r="9"/>'
    '<path d="M3 12h18M12 3c3 3 3.5 6 3.5 9S15 18 12 21c-3-3-3.5-6-3.5-9S9 6 12 3z"/>',
    "help": '<circle cx="12" cy="12" r="9"/>'
    '<path d="M9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 1.9M12 16.8v.2"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7.3v.2"/>',
    "key": '<circle cx="8" cy="15" r="4.5"/><path d="M11.5 12L20 3.5M16 7.5l3 3M13.5 10l2 2"/>',
    "list": '<path d="M9 6h11M9 12h11M9 18h11M4.5 6h.1m-.1 6h.1m-.1 6h.1"/>',
    "map": '<path d="M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14m6-12v14"/>',
    "mic": '<rect x="9" y="3" width="6" height="11" rx="3"/>'
    '<path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>',
    "more": '<path d="M5.5 12h.1m6.4 0h.1m6.4 0h.1"/>',
    "pause": '<path d="M8.5 5v14M15.5 5v14"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 21c.6-4.2 3.7-6 8-6s7.4 1.8 8 6"/>',
    "phone": '<path d="M5 4h4l1.5 5-2.5 1.5c1 2.5 3 4.5 5.5 5.5L15 13.5l5 1.5v4'
    'c0 1-.8 1.5-1.7 1.4C10.8 19.7 4.3 13.2 3.6 5.7 3.5 4.8 4 4 5 4z"/>',
    "photo": '<rect x="3" y="5" width="18" height="14" rx="1.5"/><circle cx="8.5" cy="10" r="1.5"/>'
    '<path d="M4 18l5.5-5 3.5 3 3-2.5 5 4.5"/>',
    "pin": '<path d="M12 21.5C9 17 5.5 13.5 5.5 9.5a6.5 6.5 0 0 1 13 0c0 4-3.5 7.5-6.5 12z"/>'
    '<circle cx="12" cy="9.5" r="2.25"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "printer": '<path d="M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
    "send": '<path d="M4 12L20 4l-5 16-3.5-6.5zM11.5 13.5L20 4"/>',
    "speaker": '<path d="M4 9.5v5h3.5L13 19V5L7.5 9.5zM16.5 9a4.2 4.2 0 0 1 0 6'
    'M19 6.5a8 8 0 0 1 0 11"/>',
    "text": '<path d="M5 4h14v16H5zM8.5 9h7m-7 3.5h7m-7 3.5h4"/>',
    "undo": '<path d="M8 5L4 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-4"/>',
    "warning": '<circle cx="12" cy="12" r="9"/><path d="M12 6.5v7M12 16.8v.2"/>',
}

# The shapes of the four lights, on a square of 16: disc, triangle, square, hollow disc with bars.
MARKS: Final[dict[str, str]] = {
    "green": '<circle cx="8" cy="8" r="6"/>',
    "yellow": '<path d="M8 2L14.5 13.5H1.5z"/>',
    "red": '<rect x="2" y="2" width="12" height="12" rx="1"/>'
    '<path class="cut" d="M8 4.8v3.9M8 11.3v.1"/>',
    "grey": '<circle cx="8" cy="8" r="6.1"/><path d="M6.2 5.8v4.4M9.8 5.8v4.4"/>',
}
