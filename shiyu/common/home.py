"""Where one city's server keeps what is its own: data, secrets, uploaded files."""

import os
import secrets
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def home() -> Path:
    """The directory of this server's data: `SHIYU_HOME`, else `.shiyu` beside the package."""
    path = Path(os.environ.get("SHIYU_HOME") or PROJECT / ".shiyu").expanduser().absolute()
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    return path


SHARED_SECRETS = ("django", "totp", "connectors", "watch")
"""What several processes read: sessions, one-time passwords, sealed values, the watch's token."""


def make_shared_secrets() -> None:
    """Make every secret now: a service whose program is read-only could not make it later."""
    for name in SHARED_SECRETS:
        secret(name)


def secret(name: str) -> str:
    """A random secret of this server, made once and kept in a file only its owner may read."""
    path = home() / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _make_once(path, secrets.token_hex(32))
    return path.read_text().strip()


def _make_once(path: Path, text: str) -> None:
    """Write a new file whole; of two processes doing so at once, the first one's text stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
