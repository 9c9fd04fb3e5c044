"""Every room of `/api/v1`, so that its routes are declared."""

from shiyu.api.v1 import me

__all__ = ["me"]
