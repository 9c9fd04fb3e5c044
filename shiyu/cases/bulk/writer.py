"""Past cases into the tables, batch by batch, ids and all (历史案件落库)."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from shiyu.cases import events, search
from shiyu.cases.bulk.copying import copy_models, copy_rows, draw, new_ids
from shiyu.cases.bulk.past import REPORTER, Past, Told
from shiyu.cases.happened import Lived
from shiyu.cases.models import Assignment, Case, Check, Found, Rating, Report, Reporter
from shiyu.cases.story import facts_of, plain
from shiyu.common.masking import mask
from shiyu.files.bulk import Shown, write_photos
from shiyu.journal.actions import moment
from shiyu.places.rules import the_city

BATCH = 500
"""Cases a transaction: well under two seconds, so that sealing the journal never waits long."""

LINE_COLUMNS = ("id", "occurred_at", "subject", "verb", "actor", "facts", "remark_id", "commitment")
REMARK_COLUMNS = ("id", "subject", "text", "salt", "author", "written_at")


def write(
    groups: Iterable[Sequence[Past]], *, progress: Callable[[int], None] = lambda _n: None
) -> int:
    """Write folded histories; cases that name each other come in one group. Returns how many.

    progress  is told how many have been committed so far.
    """
    written = 0
    for batch in _batches(groups):
        _write_batch(batch)
        written += len(batch)
        progress(written)
    return written


def _batches(groups: Iterable[Sequence[Past]]) -> Iterator[list[Past]]:
    batch: list[Past] = []
    for group in groups:
        batch += group
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@transaction.atomic
def _write_batch(pasts: Sequence[Past]) -> None:
    """The rows of these cases and of their journal, in one transaction."""
    _hide(pasts)
    _number(pasts)
    pages = _Pages()
    for past in pasts:
        pages.turn(past)
    pages.number()
    copy_models([past.case for past in pasts])
    copy_models(_owned(Assignment, [(p.case, part) for p in pasts for part in p.parts]))
    copy_models(_owned(Check, [(p.case, check) for p in pasts for check in p.checks]))
    copy_models([_report(past, pages) for past in pasts])
    copy_models(_with_ids(Reporter, [r for past in pasts if (r := _reporter(past))]))
    copy_models(_with_ids(Rating, list(pages.rated.values())))
    copy_rows("journal_remark", REMARK_COLUMNS, pages.remarks)
    copy_rows("journal_line", LINE_COLUMNS, pages.lines)
    write_photos(_photos(pasts))
    words = ((past.case.pk, search.words_of(past.case, past.told[0].words)) for past in pasts)
    copy_rows(Found._meta.db_table, ("case_id", "words"), words)
    lived = [Lived(past.case, past.happened, whole=True) for past in pasts]
    events.written.send(Case, lived=lived)


def _hide(pasts: Sequence[Past]) -> None:
    """Mask the numbers in what was said and in addresses, as the actions do."""
    for past in pasts:
        where = mask(past.case.address)
        past.case.address, past.hidden = where.text, where.needed
        for told in past.told:
            plates = not told.step.actor.startswith("person:")
            clean = mask(plain(told.words), plates=plates)
            told.words = clean.text
            if told.step.verb == "report":
                past.hidden += clean.needed


def _number(pasts: Sequence[Past]) -> None:
    """Give cases and reports their ids and numbers, and link those that name each other."""
    now, prefix = moment(), the_city().number_prefix
    cases = new_ids("cases_case", len(pasts)).tolist()
    reports = new_ids("cases_report", len(pasts)).tolist()
    numbers = draw("cases_number_seq", len(pasts)).tolist()
    for past, pk, report, number in zip(pasts, cases, reports, numbers, strict=True):
        day = timezone.localtime(past.case.reported_at)
        past.case.pk, past.report_id = pk, report
        past.case.number = f"{prefix}{day:%Y%m%d}{number:06d}"
        past.case.taken_in_at = now
    for past in pasts:
        past.case.parent_id = past.parent.case.pk if past.parent else None
        past.case.merged_into_id = past.merged_into.case.pk if past.merged_into else None


class _Pages:
    """The journal's pages of a batch: lines in the order of time, remarks beside them."""

    def __init__(self) -> None:
        self.told: list[tuple[datetime, Past, Told, str]] = []
        self.lines: list[tuple[Any, ...]] = []
        self.remarks: list[tuple[Any, ...]] = []
        self.rated: dict[int, Rating] = {}  # by its line
        self.said: dict[int, int] = {}  # remark of each report, by the report's id

    def turn(self, past: Past) -> None:
        """Take in a case's lines, and those that others owe it."""
        for rating, told in past.ratings:
            rating.report_id = past.report_id
            self.rated[id(told)] = rating
        for told in past.told:
            at, subject = told.step.at, past.case.subject
            self.told.append((at, past, told, subject))
            if owed := owed_by(past, told):
                self.told.append((at, past, *owed))

    def number(self) -> None:
        """Write lines and remarks down, with ids in the order in which things happened."""
        self.told.sort(key=lambda entry: entry[0])
        worded = sum(1 for _at, _past, told, _subject in self.told if told.words)
        remark_ids = iter(new_ids("journal_remark", worded).tolist())
        line_ids = new_ids("journal_line", len(self.told)).tolist()
        for line, (at, past, told, subject) in zip(line_ids, self.told, strict=True):
            actor = _actor(told.step.actor, past)
            remark = next(remark_ids) if told.words else None
            commitment = ""
            if remark is not None:
                words, salt = told.words, secrets.token_hex(16)
                commitment = hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest()
                self.remarks.append((remark, subject, words, salt, actor, at))
                if told.step.verb == "report":
                    self.said[past.report_id] = remark
                if rating := self.rated.get(id(told)):
                    rating.remark_id = remark
            facts = json.dumps(_facts(past, told), ensure_ascii=False)
            self.lines.append((line, at, subject, told.step.verb, actor, facts, remark, commitment))


def owed_by(past: Past, told: Told) -> tuple[Told, str] | None:
    """The line that a step writes in another case: joined there, or a child of it done."""
    step = told.step
    if step.verb == "merge" and past.merged_into is not None:
        line = Told(_only_told(step, "joined"), facts={"case": past})
        return line, past.merged_into.case.subject
    if step.verb == "close" and past.parent is not None:
        facts = {"child": past, "outcome": step.outcome}
        return Told(_only_told(step, "child_done"), facts=facts), past.parent.case.subject
    return None


def _only_told(step: Any, verb: str) -> Any:
    return type(step)(verb, step.at, step.actor)


def _facts(past: Past, told: Told) -> dict[str, Any]:
    """What the journal line holds: ids for records, as the actions write it."""
    facts = facts_of(told.step) | {name: _id(value) for name, value in told.facts.items()}
    if told.step.verb in {"report", "rate"}:
        return {"report": past.report_id} | facts
    return facts


def _id(value: Any) -> Any:
    if isinstance(value, Past):
        return value.case.pk
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list):
        return [_id(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _actor(ref: str, past: Past) -> str:
    return f"receipt:{past.report_id}" if ref == REPORTER else ref


def _report(past: Past, pages: _Pages) -> Report:
    """The report itself; a merged case's has gone over to the case it was merged into."""
    holder = past
    while holder.merged_into is not None:
        holder = holder.merged_into
    return Report(
        id=past.report_id,
        case_id=holder.case.pk,
        source=past.source,
        source_ref=past.source_ref,
        receipt=past.receipt,
        remark_id=pages.said.get(past.report_id),
        reported_at=past.case.reported_at,
        by_person_id=past.by_person,
    )


def _reporter(past: Past) -> Reporter | None:
    if not past.name and not past.phone and not past.hidden:
        return None
    return Reporter.of(past.report_id, name=past.name, phone=past.phone, hidden=past.hidden)


def _photos(pasts: Sequence[Past]) -> Iterator[tuple[str, str, Shown]]:
    """Every picture with its case and who showed it."""
    for past in pasts:
        for told in past.told:
            for shown in told.photos:
                yield past.case.subject, _actor(told.step.actor, past), shown


def _owned(model: type[models.Model], owned: Sequence[tuple[Case, Any]]) -> list[models.Model]:
    for case, record in owned:
        record.case_id = case.pk
    return _with_ids(model, [record for _case, record in owned])


def _with_ids(model: type[models.Model], records: Sequence[Any]) -> list[Any]:
    ids = new_ids(model._meta.db_table, len(records)).tolist()
    for record, pk in zip(records, ids, strict=True):
        record.pk = pk
    return list(records)
