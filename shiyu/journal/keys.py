"""The key that signs what is witnessed: kept in a file of this server, exchangeable (签名密钥)."""

import hashlib
import os
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shiyu.common.home import home, secret

NAME = "witness"


class Key:
    """A signing key, Ed25519."""

    def __init__(self, seed: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        self.public = self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        return self._private.sign(data).hex()


def own_key() -> Key:
    """This server's key, made the first time it is asked for; only its owner may read it."""
    return Key(secret(NAME))


def has_key() -> bool:
    """Whether this server has ever had a key: then something was witnessed, or soon will be."""
    return (home() / "secrets" / NAME).exists()


def new_key() -> tuple[Key, str]:
    """A fresh key, and the seed to keep it by."""
    seed = secrets.token_hex(32)
    return Key(seed), seed


def keep(seed: str) -> None:
    """Put this seed in the place of the one before, whole or not at all."""
    path = home() / "secrets" / NAME
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f".{NAME}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def name_of(public: str) -> str:
    """The short name of a public key, as marks carry it."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def is_signed(data: bytes, signature: str, public: str) -> bool:
    """Whether the holder of the key signed exactly this."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True
