"""A list of records as XML, such as an Open311 server answers (XML 记录)."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from shiyu.common.errors import Refused

DECLARES = (b"<!DOCTYPE", b"<!ENTITY")
HEAD = 1 << 16


def xml_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Each child of the root by its number, as nested names and texts; one by one, of any length.

    Raises  Refused: not well-formed, or it declares entities, which a list of records never needs.
    """
    with path.open("rb") as file:
        if _declares(file):
            raise Refused(f"{path.name} 带有 DOCTYPE 或 ENTITY 声明，不读")
        file.seek(0)
        try:
            for number, element in enumerate(_children(file), 1):
                yield number, _plain(element)
                element.clear()
        except (ParseError, ValueError, LookupError, RecursionError) as error:
            raise Refused(f"{path.name} 不是读得出的 XML：{error}") from error


def _declares(file: IO[bytes]) -> bool:
    """Whether entities are declared, however late: a comment of any length may come before."""
    before, is_head = b"", True
    while block := file.read(HEAD):
        text = before + block.replace(b"\0", b"")
        if DECLARES[1] in text or (is_head and DECLARES[0] in text):
            return True
        before, is_head = text[-len(DECLARES[1]) :], False
    return False


def _children(file: IO[bytes]) -> Iterator[Element]:
    """The children of the root, each when it is whole."""
    depth = 0
    for event, element in iterparse(file, events=("start", "end")):  # noqa: S314
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 1:
            yield element


def _plain(element: Element) -> Any:
    """Its text, or what it holds by name; several of one name are a list."""
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        name, value = child.tag.rsplit("}", 1)[-1], _plain(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
