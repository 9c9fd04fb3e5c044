"""The questions `shiyu doctor` asks, in the order in which one would put things right (自检)."""

from collections.abc import Iterator

from shiyu.common.binaries import DatabaseTrouble
from shiyu.common.connection import is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.checkup import backups, database, machine
from shiyu.site.checkup.finding import Finding

__all__ = ["Finding", "examine"]


def examine() -> Iterator[Finding]:
    """Every finding, one after another; what makes no sense after a fault is not asked."""
    yield machine.python()
    yield machine.packages()
    yield machine.front_end()
    directory = machine.data_directory()
    yield directory
    if directory.well:
        yield machine.space()
        yield from _databases()
        yield machine.pages()


def _databases() -> Iterator[Finding]:
    """The embedded one is started for the questions, and stopped again if nobody else uses it."""
    if not is_embedded():
        yield from database.findings()
        yield from backups.findings()
        return
    yield machine.binaries()
    cluster = Cluster(home())
    yield machine.running(cluster)
    try:
        cluster.hold()
        yield from database.findings()
        yield from backups.findings()
    except DatabaseTrouble as trouble:
        yield Finding("database", False, str(trouble), "Put that right, then ask again.")
    finally:
        cluster.release()
