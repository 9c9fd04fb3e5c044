"""The secrets of a server in a backup: sealed with a passphrase, or kept apart (密钥)."""

import hashlib
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shiyu.site.backup.store import Trouble

FORM = "shiyu-keys-1"
COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
LEAST_SIGNS = 12


def secrets_of(home: Path) -> dict[str, bytes]:
    """Every secret of a server by its name."""
    folder = home / "secrets"
    found = sorted(folder.glob("[!.]*")) if folder.is_dir() else []
    return {path.name: path.read_bytes() for path in found if path.is_file()}


def fingerprints(found: dict[str, bytes]) -> dict[str, str]:
    """What tells whether a secret is the right one, and tells nothing else of it."""
    return {name: hashlib.sha256(b"shiyu\0" + key).hexdigest()[:16] for name, key in found.items()}


def passphrase(path: str) -> bytes:
    """The first line of the passphrase file."""
    try:
        said = Path(path).read_text().strip().encode()
    except OSError as error:
        raise Trouble(f"The passphrase file {path} cannot be read: {error.strerror}.") from error
    if len(said) < LEAST_SIGNS:
        raise Trouble(f"The passphrase in {path} is too short: use {LEAST_SIGNS} signs or more.")
    return said


def seal(found: dict[str, bytes], words: bytes) -> str:
    """All secrets in one text that opens with the passphrase alone (scrypt, AES-256-GCM)."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    said = json.dumps({name: key.hex() for name, key in found.items()}).encode()
    closed = AESGCM(_key(words, salt)).encrypt(nonce, said, FORM.encode())
    parts = {"salt": salt.hex(), "nonce": nonce.hex(), "sealed": closed.hex()}
    return json.dumps({"form": FORM, **parts})


def unseal(text: str, words: bytes) -> dict[str, bytes]:
    row = json.loads(text)
    salt, nonce, closed = (bytes.fromhex(row[name]) for name in ("salt", "nonce", "sealed"))
    try:
        said = AESGCM(_key(words, salt)).decrypt(nonce, closed, FORM.encode())
    except InvalidTag as error:
        raise Trouble("The passphrase does not open the sealed keys of this backup.") from error
    return {name: bytes.fromhex(key) for name, key in json.loads(said).items()}


def put_into(home: Path, found: dict[str, bytes]) -> None:
    """Write secrets into a server's folder, readable by its owner alone."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, key in found.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)


def _key(words: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(words, salt=salt, dklen=32, **COST)
