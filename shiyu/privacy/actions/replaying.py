"""After a restore what had been erased is erased again, by the list outside (恢复后重新删除)."""

from collections import Counter
from pathlib import Path

from shiyu.cases.models import Report
from shiyu.people.actors import Actor
from shiyu.privacy import outside
from shiyu.privacy.actions.erasing import erase_people, of_report
from shiyu.privacy.models import Erasure
from shiyu.privacy.outside import Listed

RESTORE = Actor.program("restore")


def replay_erasures(path: Path | None = None) -> dict[str, int]:
    """Erase again what the list names and this database still has; returns how much, by kind.

    path  the list of erasures; without one this server's own.

    May be broken off and carried out again. An erasure that this database knows of is passed
    over; a row that has an erased one's id but is another's, too (`other`).
    """
    done: Counter[str] = Counter()
    listed = outside.read(path or outside.list_path())
    ours = Erasure.objects.filter(ref__in=[one.ref for one in listed])
    known = {str(ref) for ref in ours.values_list("ref", flat=True)}
    for one in listed:
        if one.ref in known:
            done["known"] += 1
            continue
        same, taken = _still_there(one)
        done["other"] += taken - len(same)
        if same:
            done["erasures"] += 1
            done.update(erase_people(same, why="restore", actor=RESTORE, ref=one.ref))
    return dict(done)


def _still_there(one: Listed) -> tuple[list[int], int]:
    """Its reports that this database has and that are still the same; how many ids it has."""
    found = Report.objects.filter(pk__in=[int(pk) for pk in one.reports])
    same = [r.pk for r in found if of_report(one.salt, r) == one.reports[str(r.pk)]]
    return sorted(same), len(found)
