"""Whatever bytes come: a reader reads them or refuses, soon and in little room.

Here some hundred changed seeds for each reader, the same ones each time; `-m long` feeds each by
atheris for minutes where that is installed.
"""

import contextlib
import importlib.util
import os
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.bad_input.parsers import READERS, Reader

ROOT = Path(__file__).resolve().parents[2]
MOST_S, MOST_BYTES = 1.0, 256 * 1024 * 1024
SIGNS = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"<", b">", b"{", b"[", b"]", b",", b"\n"),
    *(b"\r\n", b"\x1a", b"\xc0\x80", b"\xed\xa0\x80", b"9" * 400, b"-1", b"1e999", b"NaN", b"%n"),
    *("\u202e".encode(), "٣".encode(), b"&x;", b"<!ENTITY a 'b'>", b"]]>", b"=1+1", b"\\u0000"),
)


def changed(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(data) + 1)
        way = chance.randrange(6)
        if way == 0 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif way == 1:
            data[at:at] = chance.choice(SIGNS)
        elif way == 2:
            del data[at : at + chance.choice((1, 2, 8, 64))]
        elif way == 3:
            data[at:at] = data[max(0, at - 16) : at] * chance.choice((2, 50))
        elif way == 4:
            data[at : at + 4] = chance.randbytes(4)
        else:
            data[at:] = chance.choice((b"", chance.randbytes(8)))
    return bytes(data[:65536])


def fed(reader: Reader, data: bytes) -> float:
    began = time.process_time()
    with contextlib.suppress(*reader.refusals):
        reader.reads(data)
    return time.process_time() - began


@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_or_refuses(name: str, db: None) -> None:
    reader, chance = READERS[name], random.Random(7)
    slowest = max(fed(reader, seed) for seed in reader.seeds)

    for _ in range(60 if reader.native else 300):
        data = changed(chance.choice(reader.seeds), chance)
        slowest = max(slowest, fed(reader, data))

    assert slowest < MOST_S


@pytest.mark.parametrize("name", ["sheets", "hotline xlsx", "xml records", "boundaries"])
def test_a_reader_takes_little_room(name: str, db: None) -> None:
    tracemalloc.start()
    for seed in READERS[name].seeds:
        fed(READERS[name], seed)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < MOST_BYTES / 8


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", READERS)
def test_atheris_finds_nothing(name: str) -> None:
    seconds = os.environ.get("SHIYU_FUZZ_S", "150")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bad_input.fuzz", name, seconds],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    print(ended.stderr[-600:])
    assert ended.returncode == 0, ended.stderr[-3000:]
