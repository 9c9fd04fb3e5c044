"""From which list a case was opened, as an address carries it (来处)."""

from urllib.parse import urlencode

from django.http import QueryDict

from shiyu.desk import filters


def back_of(asked: QueryDict) -> str:
    """Of an address, what says from which list one came; nothing else is carried on."""
    kept = {name: asked[name] for name in ("in", *filters.NAMES) if asked.get(name)}
    return urlencode(kept)
