"""What the interfaces hear from modules below."""

from typing import Any

from shiyu.api import actions


def follow_places(**_: Any) -> None:
    """Numbers of places are new: what processes remember of grants counts no more."""
    actions.forget_scopes()
