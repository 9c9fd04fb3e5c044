"""What every answer must carry, and what no page may hold, whoever asks."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

NONE, SELF, SCRIPTS = "'none'", "'self'", "'script'"
POLICY: dict[str, tuple[str, ...]] = {
    "default-src": (NONE,),
    "script-src": (SELF,),
    "style-src": (SELF,),
    "img-src": (SELF, "data:", "blob:"),
    "font-src": (SELF,),
    "worker-src": (SELF,),
    "manifest-src": (SELF,),
    "frame-ancestors": (NONE,),
    "base-uri": (NONE,),
    "require-trusted-types-for": (SCRIPTS,),
    "trusted-types": ("htmx", "default"),
}
"""What a page allows. OPEN_RULES also name the feed and the identity service."""
OPEN_RULES = frozenset({"connect-src", "form-action"})
CLOSED: dict[str, tuple[str, ...]] = {
    "default-src": (NONE,),
    "sandbox": (),
    "frame-ancestors": (NONE,),
}
"""What a picture allows, opened by itself."""
UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "'strict-dynamic'", "*", "http:")

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REFERRER = ("same-origin", "strict-origin", "no-referrer")
"""None tells another site more than our name: addresses of receipts hold their code."""
TELLS_TOO_MUCH = ("Server", "X-Powered-By", "Access-Control-Allow-Origin")
MARKUP_ATTRIBUTES = frozenset({"style", "srcdoc", "hx-on", "hx-vals-js"})
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "hx-get", "hx-post"})
KEPT_BY_NOBODY = ("no-store", "no-cache")


def rules_of(policy: str) -> dict[str, tuple[str, ...]]:
    parts = (part.split() for part in policy.split(";"))
    return {name: tuple(values) for name, *values in filter(None, parts)}


def lacks(answer: Any) -> Iterator[str]:
    """What this answer should say to the browser and does not."""
    for name, value in ALWAYS.items():
        if answer.get(name) != value:
            yield f"{name}: {answer.get(name)}"
    if answer.get("Referrer-Policy") not in REFERRER:
        yield f"Referrer-Policy: {answer.get('Referrer-Policy')}"
    yield from (name for name in TELLS_TOO_MUCH if name in answer)
    if "geolocation=(self)" not in answer.get("Permissions-Policy", ""):
        yield "Permissions-Policy"
    kind = answer.get("Content-Type", "")
    rules = rules_of(answer.get("Content-Security-Policy", ""))
    asked = CLOSED if kind.startswith("image/") else POLICY
    if {name: rules.get(name) for name in asked} != asked:
        yield f"Content-Security-Policy: {rules}"
    if asked is POLICY and set(rules) - set(POLICY) != OPEN_RULES:
        yield f"Content-Security-Policy has other rules: {sorted(rules)}"
    if any(word in values for values in rules.values() for word in UNSAFE):
        yield f"Content-Security-Policy is open: {rules}"
    if answer.content and kind.startswith("text/") and "charset=" not in kind:
        yield f"no charset: {kind}"
    if answer.content and kind.startswith("text/html") and not _kept_by_nobody(answer):
        yield f"Cache-Control: {answer.get('Cache-Control')}"


def _kept_by_nobody(answer: Any) -> bool:
    return any(word in answer.get("Cache-Control", "") for word in KEPT_BY_NOBODY)


class Page(HTMLParser):
    """Reads a page as a browser does, for what could run or lead elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src") and given.get("type") != "application/json":
            self.wrong.append("a script written into the page")
        if tag in {"style", "iframe", "object", "embed", "base", "applet", "frame"}:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name in MARKUP_ATTRIBUTES or name.startswith("on"):
                self.wrong.append(f"<{tag} {name}>")
            if name in ADDRESSES and not _is_ours(value or ""):
                self.wrong.append(f"<{tag} {name}={value}>")


def _is_ours(address: str) -> bool:
    """A path of our own, a telephone number or a mail address: nothing that runs or asks others."""
    plain = address.strip().lower()
    if plain.startswith(
        ("tel:", "mailto:", "data:image/png;base64,", "data:image/svg+xml;base64,")
    ):
        return True
    return not plain.startswith("//") and ":" not in plain.split("/")[0].split("?")[0]


def holds(answer: Any) -> list[str]:
    """What this page holds that could run or lead elsewhere."""
    if not answer.get("Content-Type", "").startswith("text/html"):
        return []
    return Page(answer.content.decode()).wrong
