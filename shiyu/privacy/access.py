"""Everything that is known of whoever made these reports, handed out to them (查阅复制).

JSON for programs, a page for people, the pictures: one zip. Whoever reads it for somebody else
does so by a request that another granted (`actions.hand_out`), and is on record with every report;
what staff think of a case is not the reporter's and stays.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shiyu.cases.actions import note_reads
from shiyu.cases.actions.looking import CONTACT
from shiyu.cases.actions.looking import FIELDS as READABLE
from shiyu.cases.models import Look, Rating
from shiyu.common.wall import beyond
from shiyu.files import store
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.privacy import belongings
from shiyu.privacy.belongings import Belongings
from shiyu.privacy.models import Demand, Hold

FORM = "shiyu-subject-1"
WITHHELD = gettext_noop(
    "办理人员之间的意见不是您的个人信息，没有放在这里；办理结果和理由在进度页上。"
    "没有依法应当保密而隐去的内容。"
)


@beyond("of one person")
def of(report_ids: Sequence[int], *, actor: Actor) -> dict[str, Any]:
    """What is known, by kind; that it was read is on record when this returns."""
    found = belongings.of(report_ids)
    ids = [report.pk for report in found.reports]
    if actor.kind == "person":
        purpose, channel = Look.Purpose.SUBJECT, Look.Channel.DEMAND
        for fields in (CONTACT, READABLE):
            hides = fields is READABLE
            named = [r.report_id for r in found.reporters if bool(r.hidden) == hides]
            note_reads(named, purpose=purpose, channel=channel, fields=fields, actor=actor)
    for report in found.reports:
        record(report.subject, "access", actor=actor, facts={"reports": len(ids)})
    return {
        "form": FORM,
        "made_at": timezone.localtime().isoformat(timespec="seconds"),
        "reports": [_report(found, report) for report in found.reports],
        "withheld": _(WITHHELD),
    }


def as_zip(told: dict[str, Any]) -> bytes:
    """The same as a file: `data.json`, a page to read, the pictures."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        file.writestr("read.html", render_to_string("privacy/subject.html", {"told": told}))
        for report in told["reports"]:
            for photo in report["photos"]:
                path = store.path_of(photo["sha256"])
                if path.is_file():
                    file.write(path, photo["file"])
    return packed.getvalue()


def _report(found: Belongings, report: Any) -> dict[str, Any]:
    """One report with all that hangs on it."""
    case, ref = report.case, f"receipt:{report.pk}"
    who = next((r for r in found.reporters if r.report_id == report.pk), None)
    opened = any(one.pk == case.pk for one in found.addressed)
    return {
        "case": case.number,
        "source": report.source,
        "source_ref": report.source_ref,
        "reported_at": _time(report.reported_at),
        "notice": report.notice,
        "name": who.name if who else "",
        "phone": who.phone if who else "",
        "hidden_in_words": who.hidden if who else "",
        "where": {"address": case.address, "lon": case.lon, "lat": case.lat} if opened else {},
        "words": [
            {"at": _time(r.written_at), "text": r.text, "erased": r.erased_at is not None}
            for r in found.remarks
            if r.pk == report.remark_id or r.author == ref
        ],
        "photos": [
            {"file": f"photos/{p.public_id}.jpg", "sha256": p.sha256, "lon": p.lon, "lat": p.lat}
            for p in found.photos
            if p.added_by == ref
        ],
        "told_by": [
            {"channel": f.channel, "number": f.hint, "since": _time(f.made_at)}
            for f in found.followers
            if f.subject == report.subject
        ],
        "ratings": [
            {"round": r.round, "solved": r.solved, "satisfaction": r.satisfaction}
            for r in Rating.objects.filter(report=report)
        ],
        "read_by": [
            {"at": _time(k.at), "purpose": k.get_purpose_display(), "fields": k.fields}
            for k in Look.objects.filter(report=report)
        ],
        "requests": [
            {"at": _time(d.asked_at), "ground": d.get_ground_display(), "stage": d.stage}
            for d in Demand.objects.filter(report=report)
        ],
        "kept_by_law": [
            {"ground": h.get_ground_display(), "until": str(h.until)}
            for h in Hold.objects.filter(report=report, lifted_at=None)
        ],
    }


def _time(at: Any) -> str:
    return str(timezone.localtime(at).isoformat(timespec="seconds"))
