"""A browser as far as a server can tell: HTTP/1.1 kept alive, cookies, forms, redirects, no script.

Every request is timed from its first byte out to its last byte in. Pictures, styles and scripts
of a page are not asked for: a browser has them in its cache.
"""

import asyncio
import html
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

ANSWER_WITHIN_S = 60
REDIRECTS = frozenset({301, 302, 303, 307})
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
CONTROL = re.compile(r"<input\b([^>]*)>|<textarea\b([^>]*)>(.*?)</textarea>", re.S)
SELECT = re.compile(r"<select\b([^>]*)>(.*?)</select>", re.S)
OPTION = re.compile(r"<option\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
WRONG = re.compile(r'class="(?:field-error|error-summary|note)[^>]*>(.*?)</(?:p|div)', re.S)
NOT_SENT = frozenset({"file", "submit", "button", "checkbox"})

Fields = dict[str, str]
Files = Sequence[tuple[str, str, bytes]]
"""Name of the field, name of the file, its bytes (JPEG)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and from where."""

    status: int
    path: str
    headers: Mapping[str, str]
    text: str

    def form(self, action: str) -> Fields:
        """The fields of the page's form that is sent to this address, as they stand filled in."""
        for attributes, inner in FORM.findall(self.text):
            named = _attributes(attributes)
            if named.get("method") == "post" and named.get("action", self.path) == action:
                return _fields(inner)
        raise Unexpected(f"no form for {action} on {self.path} ({self.status})")


class Unexpected(Exception):
    """The server answered otherwise than a person doing this would be answered."""


@dataclass(slots=True)
class Timing:
    """One request: under what name it is counted, and how long it took."""

    name: str
    seconds: float
    status: int


@dataclass(slots=True)
class Line:
    """One kept-alive connection to a server, used by one client at a time.

    go     open while requests may be sent; a client halts between two requests.
    taken  the timings of the present window.
    spent  seconds spent waiting for answers since the beginning.
    """

    port: int
    go: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[Timing] = field(default_factory=list)
    busy: bool = False
    spent: float = 0.0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def exchange(self, name: str, head: str, body: bytes) -> tuple[int, list[str], bytes]:
        """Send one request and read its answer: status, header lines, body."""
        await self.go.wait()
        self.busy = True
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                status, lines, content = await self._send(f"{head}\r\n\r\n".encode() + body)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            self._note(name, begun, 0)
            raise Unexpected(f"{name}: {type(error).__name__}") from error
        finally:
            self.busy = False
        self._note(name, begun, status)
        return status, lines, content

    def _note(self, name: str, begun: float, status: int) -> None:
        took = time.perf_counter() - begun
        self.spent += took
        self.taken.append(Timing(name, took, status))

    async def _send(self, message: bytes) -> tuple[int, list[str], bytes]:
        if self._writer is None or self._writer.is_closing() or self._is_shut():
            self.close()
            connecting = asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
            self._reader, self._writer = await connecting
        assert self._reader is not None
        self._writer.write(message)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        body = await _body(self._reader, {line.lower() for line in lines})
        return int(first.split(" ", 2)[1]), lines, body

    def _is_shut(self) -> bool:
        return self._reader is not None and self._reader.at_eof()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Browser:
    """Cookies of one person over a line that others may use in turn.

    address  where the person sits, as a proxy before the pages would say.
    swaps    whether scripts run, so that what is opened and sent within a page is swapped into it.
    """

    def __init__(self, line: Line, address: str) -> None:
        self.line = line
        self.address = address
        self.cookies: dict[str, str] = {}
        self.swaps = False

    async def get(self, path: str, *, name: str) -> Answer:
        return await self._ask("GET", path, name=f"GET {name}")

    async def post(
        self, path: str, fields: Fields, *, name: str, files: Files = (), multipart: bool = False
    ) -> Answer:
        """Send a form, as multipart when it is one, and stay at what is answered."""
        if files or multipart:
            kind, body = _multipart(fields, files)
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode(fields).encode()
        return await self._ask("POST", path, name=f"POST {name}", kind=kind, body=body)

    async def follow(self, answer: Answer, *, name: str) -> Answer:
        """Go where an answer leads; whoever is not led anywhere was refused."""
        if answer.status not in REDIRECTS:
            raise Unexpected(f"{answer.path} answered {answer.status}: {_says(answer.text)}")
        there = urlsplit(urljoin(answer.path, answer.headers["location"]))
        return await self.get(
            f"{there.path}?{there.query}" if there.query else there.path, name=name
        )

    async def _ask(
        self, method: str, path: str, *, name: str, kind: str = "", body: bytes = b""
    ) -> Answer:
        host = f"127.0.0.1:{self.line.port}"
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: text/html"]
        head += ["Accept-Language: zh-CN", f"X-Forwarded-For: {self.address}"]
        head += ["HX-Request: true"] if self.swaps else []
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if kind:
            head += [f"Origin: http://{host}", f"Content-Type: {kind}"]
            head.append(f"Content-Length: {len(body)}")
        status, lines, content = await self.line.exchange(name, "\r\n".join(head), body)
        headers = {}
        for line in lines:
            key, _colon, value = line.partition(":")
            if key.lower() == "set-cookie":
                self._keep(value.strip())
            headers[key.lower()] = value.strip()
        return Answer(status, path, headers, content.decode("utf-8", "replace"))

    def _keep(self, cookie: str) -> None:
        pair, *rest = cookie.split(";")
        name, _equals, value = pair.partition("=")
        if any(part.strip().lower() == "max-age=0" for part in rest):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


async def _body(reader: asyncio.StreamReader, lines: set[str]) -> bytes:
    for line in lines:
        if line.startswith("content-length:"):
            return await reader.readexactly(int(line.partition(":")[2]))
    if "transfer-encoding: chunked" not in lines:
        return b""
    parts = []
    while size := int(await _length(reader), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(parts)


async def _length(reader: asyncio.StreamReader) -> bytes:
    """How long the next piece is; a server that was killed in between says nothing."""
    if not (line := await reader.readline()).strip():
        raise EOFError
    return line


def _multipart(fields: Fields, files: Files) -> tuple[str, bytes]:
    mark = secrets.token_hex(12)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, file, content in files:
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"'
        parts.append(f"{head}\r\nContent-Type: image/jpeg\r\n\r\n".encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={mark}", b"".join(parts) + f"--{mark}--\r\n".encode()


def _fields(inner: str) -> Fields:
    """What a browser would send of a form in which nobody has typed anything yet."""
    found: Fields = {}
    for tag, area, words in CONTROL.findall(inner):
        named = _attributes(tag or area)
        kind = named.get("type", "")
        if "name" not in named or kind in NOT_SENT or (kind == "radio" and "checked" not in named):
            continue
        found[named["name"]] = named.get("value", "") if tag else html.unescape(words).strip()
    for tag, options in SELECT.findall(inner):
        choices = [_attributes(option) for option in OPTION.findall(options)]
        chosen = [c for c in choices if "selected" in c] or choices[:1]
        if "name" in (named := _attributes(tag)) and chosen:
            found[named["name"]] = chosen[0].get("value", "")
    return found


def _attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in ATTRIBUTE.findall(tag)}


def _says(text: str) -> str:
    """The words by which a page refuses, for the record of what went wrong."""
    words = " ".join(WRONG.findall(text)) or text
    return " ".join(re.sub(r"<[^>]*>", " ", words).split())[:200]
