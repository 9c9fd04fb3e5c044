"""Reading an address strictly: what two programs could read in two ways is refused (地址解读)."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from shiyu.common.egress.reaching import Forbidden

MOST = 500
PLAIN = re.compile(r"[!-~]+")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
LAST_LABEL = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
ODD = frozenset("\\<>\"'`{}|^")
PORTS_BELOW_1024 = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `path` includes the query; `host` is in lower case, no brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Where an address leads. Raises Forbidden with a sentence for the field `url`."""
    if len(url) > MOST:
        raise _refused(_("网址最多 %(most)d 个字符") % {"most": MOST})
    if not PLAIN.fullmatch(url) or ODD & set(url):
        raise _refused(_("网址里有空格、中文或别的特殊字符。中文域名请写 xn-- 形式"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(_("网址读不懂，如 https://example.com/hook")) from error
    if parts.scheme not in ("https", "http"):
        raise _refused(_("网址以 https:// 开头"))
    if not url.lower().startswith(f"{parts.scheme}://") or "@" in parts.netloc or parts.fragment:
        raise _refused(_("网址里不写账号、密码和 # 后的部分"))
    if "%" in parts.netloc or not parts.hostname:
        raise _refused(_("网址里缺主机名，如 https://example.com/hook"))
    host = host_of(parts.hostname)
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    if port < 1024 and port not in PORTS_BELOW_1024:
        raise _refused(_("端口用 443，或 1024 以上的"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def host_of(text: str) -> str:
    """A host name or a literal address, written the one usual way; Forbidden otherwise."""
    host = text.lower().removesuffix(".") if not text.endswith("..") else text
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError as error:
            raise _refused(_("主机地址读不懂")) from error
    labels = host.split(".")
    if all(label.isdigit() for label in labels):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise _refused(_("主机地址读不懂")) from error
    named = all(LABEL.fullmatch(label) for label in labels) and len(host) <= 253
    if not named or not (LAST_LABEL.fullmatch(labels[-1])):
        raise _refused(_("主机名读不懂，如 example.com"))
    return host


def _refused(words: str) -> Forbidden:
    return Forbidden(words, field="url")
