"""The city's own identity service: one issuer, set on the command line, never by a page (统一身份).

What is set is kept in `SHIYU_HOME/identity.json`, readable by its owner alone, and read once when
the program starts. It is imported by the settings, so it imports nothing of Django.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shiyu.common.home import home

FILE = "identity.json"
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Identity:
    """The service people may sign in with (统一身份认证).

    authorize  where browsers are sent, as the service itself says.
    """

    issuer: str
    client_id: str
    secret: str
    name: str
    authorize: str = ""

    @property
    def provider_id(self) -> str:
        """Names the issuer: an identity is known by (issuer, subject) and nothing else."""
        return "oidc-" + hashlib.sha256(self.issuer.encode()).hexdigest()[:20]

    @property
    def origin(self) -> str:
        """Where the sign-in form may lead, for the pages' content policy."""
        parts = urlsplit(self.authorize or self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def fault(self) -> str:
        """What is wrong with it, or ""."""
        for address in filter(None, (self.issuer, self.authorize)):
            parts = urlsplit(address)
            safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
            if not safe or parts.username or parts.query or parts.fragment:
                return f"not a plain https address: {address}"
        return "" if self.client_id and self.issuer else "issuer and client id are needed"


def path() -> Path:
    """Where the service is kept."""
    return home() / FILE


def read() -> Identity | None:
    """The service that is set, or None."""
    try:
        found = Identity(**json.loads(path().read_text()))
    except FileNotFoundError:
        return None
    if fault := found.fault():
        raise ValueError(f"{path()}: {fault}")
    return found


def write(identity: Identity) -> None:
    """Keep a service for the next start."""
    if fault := identity.fault():
        raise ValueError(fault)
    target = path()
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_text(json.dumps(asdict(identity), ensure_ascii=False, indent=1))


def drop() -> bool:
    """Forget the service; False if none was set."""
    there = path().exists()
    path().unlink(missing_ok=True)
    return there


def providers(identity: Identity | None) -> dict[str, Any]:
    """The service as allauth's settings say it: state and PKCE always, no user info asked."""
    if identity is None:
        return {}
    app = {
        "provider_id": identity.provider_id,
        "name": identity.name,
        "client_id": identity.client_id,
        "secret": identity.secret,
        "settings": {"server_url": identity.issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid"], "APPS": [app]}}
