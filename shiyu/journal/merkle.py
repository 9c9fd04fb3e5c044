"""Trees of hashes: one root for many things, a short path for each (默克尔树).

As RFC 6962: a leaf is H(0x00 ‖ data), a node H(0x01 ‖ left ‖ right), and of an odd row the last
goes up as it is, so that no leaf can pass for a node and no tree for a longer one.
"""

from collections.abc import Sequence

from shiyu.journal.digests import Digest


def leaf_of(data: bytes, digest: Digest) -> bytes:
    """The leaf of one thing."""
    return digest(b"\x00" + data)


def root_of(leaves: Sequence[bytes], digest: Digest) -> bytes:
    """The root over these leaves, of which there is at least one."""
    row = list(leaves)
    while len(row) > 1:
        row = _above(row, digest)
    return row[0]


def path_of(leaves: Sequence[bytes], index: int, digest: Digest) -> list[bytes]:
    """The neighbours by which the root follows from the leaf at `index`, from below."""
    row, path = list(leaves), []
    while len(row) > 1:
        neighbour = index ^ 1
        if neighbour < len(row):
            path.append(row[neighbour])
        row, index = _above(row, digest), index >> 1
    return path


def root_by_path(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], digest: Digest
) -> bytes | None:
    """The root that follows from a leaf and its path; None if the path fits no such tree."""
    if not 0 <= index < size:
        return None
    last, found = size - 1, leaf
    for neighbour in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            found = digest(b"\x01" + neighbour + found)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = digest(b"\x01" + found + neighbour)
        index, last = index >> 1, last >> 1
    return found if last == 0 else None


def _above(row: list[bytes], digest: Digest) -> list[bytes]:
    pairs = range(0, len(row) - 1, 2)
    above = [digest(b"\x01" + row[i] + row[i + 1]) for i in pairs]
    if len(row) % 2:
        above.append(row[-1])
    return above
