"""A draft is handed in, once, from the steps or from the one page (提交上报)."""

from dataclasses import replace

from django.db import IntegrityError, transaction

from shiyu.cases import actions as cases
from shiyu.common import together
from shiyu.common.once import as_one
from shiyu.notices.actions import follow
from shiyu.portal import seal
from shiyu.portal.actions.drafting import SOMEBODY, fill, is_taken, locked, save
from shiyu.portal.models import Draft
from shiyu.portal.rules import draft_of


@transaction.atomic
def send(
    draft: Draft,
    token: str,
    *,
    name: str = "",
    phone: str = "",
    told_in: str = "",
    notice: str = "",
) -> Draft:
    """Hand the report in, once: whoever comes second finds it sent (提交上报).

    The receipt code is sealed for the browser that wrote it; the database keeps its hash alone.

    told_in  the language in which they want to hear by text message how it goes; empty for not.
    notice   the edition of the privacy notice that stood before them.

    Raises  OutOfOrder when the case it was to join has ended; Refused as for any report.
    """
    draft = locked(draft)
    if draft.report_id is None:
        said = _intake(draft, token, name=name, phone=phone, notice=notice)
        _hand_in(draft, token, said, told_in)
        save(draft, "report", "sealed", "text", "address")
    return draft


def send_at_once(draft: Draft, token: str, *, told_in: str, **said: str) -> Draft:
    """Hand in what was written on one page, nothing of which had been kept before (一页填完).

    The draft is kept for its receipt. Whoever sends the same form again finds it sent.

    said  name, phone and notice, as for `send`.

    Raises  Refused as for any report.
    """
    intake = replace(_intake(draft, token, **said), gathered="")
    try:
        with transaction.atomic(), as_one(), together.together():
            _hand_in(draft, token, intake, told_in, unheard=True)
            together.insert(draft, numbered=False)
    except IntegrityError as error:
        if (found := draft_of(token)) is None:
            raise is_taken(error) from error
        return found
    return draft


@transaction.atomic
def send_filled(draft: Draft, token: str, **said: str) -> Draft:
    """Keep what the one page says of a draft begun before, and hand it in (一页填完).

    Sent meanwhile from another page of the same browser, it stays as it was sent.
    """
    if locked(draft).report_id is None:
        fill(draft, token)
    return send(draft, token, **said)


def _hand_in(
    draft: Draft, token: str, intake: cases.Intake, told_in: str, *, unheard: bool = False
) -> None:
    """The report itself; what the draft said goes over to it."""
    if draft.joins is not None:
        report, code = cases.join(draft.joins, intake, actor=SOMEBODY)
    else:
        report, code = cases.report(intake, actor=SOMEBODY, unheard=unheard)
    if told_in and intake.phone:
        about = report.case.subject
        follow(report.subject, about, channel="sms", value=intake.phone, language=told_in)
    draft.report = report
    draft.sealed = seal.seal(token, {"code": code})
    draft.text = draft.address = ""


def _intake(draft: Draft, token: str, *, name: str, phone: str, notice: str) -> cases.Intake:
    hidden = seal.unseal(token, draft.sealed).get("hidden", "")
    return cases.Intake(
        source="portal",
        source_ref=draft.ref,
        channel="public",
        text=draft.text,
        address=draft.address,
        lon=draft.lon,
        lat=draft.lat,
        place=None if draft.has_point else draft.place,
        kind=draft.kind,
        gathered=draft.subject,
        name=name,
        phone=phone,
        hidden=tuple(hidden.split("\n")) if hidden else (),
        notice=notice,
    )
