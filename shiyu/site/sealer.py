"""The sealer: `python -m shiyu.site.sealer` seals the journal and has its head witnessed (封存).

A process of its own beside the workers, so that neither a long job nor a full queue keeps it
waiting. Several may run: a lock lets one at a time seal, another takes over when that one dies.
"""

import signal
import sys
import threading
import time

import psycopg

from shiyu.common.connection import conninfo
from shiyu.common.egress.leaving import bar, database_names
from shiyu.common.fence import narrowed
from shiyu.journal.sealing import seal_all
from shiyu.journal.witness import Disagrees, attest, witness_file
from shiyu.site.start import first_line

SEAL_EVERY_S = 2.0
ATTEST_EVERY_S = 5.0  # it is asked so often whether a minute has passed


class Sealer:
    """Seals and has witnessed, again and again; trouble with either is said once and retried."""

    def __init__(self) -> None:
        self.connection: psycopg.Connection[object] | None = None
        self.attest_at = time.monotonic()
        self.said: dict[str, str] = {}

    def look(self) -> None:
        """One round: never raises for a database that is away or a disk that is full."""
        try:
            if self.connection is None or self.connection.closed:
                self.connection = psycopg.connect(**narrowed(conninfo("worker")), autocommit=True)
            seal_all(self.connection)
        except psycopg.Error as error:
            self._say("seal", f"The journal is not being sealed: {first_line(error)}")
            self.close()
            return
        self._say("seal", "")
        if time.monotonic() >= self.attest_at:
            self.attest_at = time.monotonic() + ATTEST_EVERY_S
            self._attest(self.connection)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _attest(self, connection: "psycopg.Connection[object]") -> None:
        trouble = ""
        try:
            attest(connection)
        except OSError as error:
            trouble = f"The journal's head cannot be witnessed in {witness_file()}: {error}"
        except Disagrees as disagreement:
            trouble = (
                f"THE JOURNAL CONTRADICTS ITS WITNESS: {disagreement}. After a restore run "
                "`shiyu witness taken-back`; otherwise run `shiyu verify journal` at once."
            )
        except psycopg.Error as error:
            trouble = f"The journal's head cannot be witnessed: {first_line(error)}"
            self.close()
        self._say("witness", trouble)

    def _say(self, about: str, sentence: str) -> None:
        """Once for each trouble, and once more when it is over."""
        before = self.said.get(about, "")
        if sentence != before:
            print(sentence or f"({about}: well again)", file=sys.stderr, flush=True)
        self.said[about] = sentence


def main() -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    bar(names=database_names())
    sealer = Sealer()
    while not stopping.is_set():
        sealer.look()
        stopping.wait(SEAL_EVERY_S)
    sealer.close()


if __name__ == "__main__":
    main()
