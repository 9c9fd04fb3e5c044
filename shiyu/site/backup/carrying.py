"""What a restored city needs beside its database: secrets, pictures, the witness (随库恢复)."""

import json
import shutil
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.journal.witness import witness_file
from shiyu.privacy.outside import list_path
from shiyu.site.backup import sealed_keys, server
from shiyu.site.backup.keeping import SIZES
from shiyu.site.backup.store import Base, Store, Trouble

PHOTOS = "SELECT DISTINCT sha256 FROM files_photo ORDER BY 1"


def keys_of(store: Store, base: Base, passphrase_file: str) -> dict[str, bytes]:
    """The secrets of that time: this server's own if they are the same, else the sealed ones."""
    here = sealed_keys.secrets_of(home())
    marks = sealed_keys.fingerprints(here)
    missing = [name for name, mark in base.keys.items() if marks.get(name) != mark]
    if not missing:
        return here
    if not base.sealed_keys:
        raise Trouble(
            f"The backup holds no secrets, and {', '.join(missing)} here are missing or others: "
            f"put the ones that were kept apart into {home() / 'secrets'} first."
        )
    if not passphrase_file:
        raise Trouble("The secrets of this backup are sealed: name --passphrase-file.")
    text = (store.keys / base.sealed_keys).read_text()
    return sealed_keys.unseal(text, sealed_keys.passphrase(passphrase_file)) | {
        name: key for name, key in here.items() if name not in missing
    }


def pictures(store: Store, into: Path, cluster: Cluster, *, copy: bool) -> tuple[int, list[str]]:
    """Each picture that a row names, from the backup or the living city, its content checked."""
    with server.superuser(cluster) as restored:
        names = [name for (name,) in restored.execute(PHOTOS).fetchall()]
    missing = []
    for name in names:
        for size in SIZES:
            place = f"{name[:2]}/{name}{size}"
            sources = [store.files / place, home() / "files" / place]
            source = next((p for p in sources if p.exists() and is_whole(p, name, size)), None)
            if source is None:
                missing.append(f"{name}{size}")
            elif copy:
                target = into / "files" / place
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copy2(source, target)
    return len(names), missing


def is_whole(path: Path, name: str, size: str) -> bool:
    """A picture is named by its content; its thumbnail must at least hold something."""
    if size != SIZES[0]:
        return path.stat().st_size > 0
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == name


def witness_until(store: Store, into: Path, moment: datetime) -> None:
    """The marks made up to that moment: each of their batches must be in what was restored."""
    source = witness_file() if witness_file().exists() else store.witness
    if not source.exists():
        return
    kept = []
    for line in source.read_bytes().splitlines(keepends=True):
        try:
            if datetime.fromisoformat(json.loads(line)["at"]) > moment:
                break
        except (ValueError, KeyError):
            pass  # torn by a full disk: the reader knows how to pass over it
        kept.append(line)
    (into / "witness.jsonl").write_bytes(b"".join(kept))


def erasures_into(store: Store, into: Path) -> None:
    """The list of erased people: the living city's own, else the copy in the backup."""
    source = list_path() if list_path().exists() else store.erasures
    if source.exists():
        shutil.copyfile(source, into / "erasures.jsonl")
