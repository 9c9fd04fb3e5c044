"""One reader, fed by atheris for as long as asked: `python -m tests.bad_input.fuzz NAME SECONDS`.

atheris follows what the reader compares (its Python is instrumented) and is no dependency of the
program: `pip install atheris` where this is run (decision 0017). A crash, more than a second or
256 MB ends it with what did it, written to `crash-…` beside.
"""

import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-not-found]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
os.environ.setdefault("SHIYU_POOL", "0")

with atheris.instrument_imports(include=["shiyu"]):
    import django

    django.setup()
    from tests.bad_input.parsers import READERS

MOST_S = 1.0


def main() -> None:
    reader, seconds = READERS[sys.argv[1]], sys.argv[2]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = 0.0

    def once(data: bytes) -> None:
        nonlocal slowest
        began = time.process_time()
        with contextlib.suppress(*reader.refusals):
            reader.reads(data)
        took = time.process_time() - began
        slowest = max(slowest, took)
        if took > MOST_S:
            raise RuntimeError(f"{took:.1f} s for {len(data)} bytes")

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(reader.seeds):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
        asked = [sys.argv[0], folder, f"-max_total_time={seconds}", "-max_len=65536"]
        asked += [
            f"-rss_limit_mb={before_kb // 1024 + 256}",
            "-print_final_stats=1",
            "-verbosity=1",
        ]
        atheris.Setup(asked, once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
