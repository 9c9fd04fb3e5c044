"""Hash functions by the name that stands beside each hash (摘要算法)."""

import hashlib
import os
from collections.abc import Callable, Mapping

NAMES = ("sha256", "sm3")
ZERO = bytes(32)
"""What stands before the first batch and the first mark."""

Digest = Callable[[bytes], bytes]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


_BY_NAME: Mapping[str, Digest] = {"sha256": _sha256, "sm3": _sm3}


def digest_named(name: str) -> Digest:
    """The function that data calls by this name.

    Raises  KeyError for a name unknown here.
    """
    return _BY_NAME[name]


def chosen() -> str:
    """The algorithm of new batches: `SHIYU_SEAL_ALGORITHM`, sha256 unless it says sm3."""
    name = os.environ.get("SHIYU_SEAL_ALGORITHM", "sha256")
    if name not in NAMES:
        raise ValueError(f"SHIYU_SEAL_ALGORITHM is one of {', '.join(NAMES)}, not {name!r}")
    return name
