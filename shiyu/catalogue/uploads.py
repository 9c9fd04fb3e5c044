"""A city's spreadsheet, looked at before it is published (上传立结案标准)."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.catalogue import bulk, rules
from shiyu.catalogue.models import SheetUpload
from shiyu.common import clock
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.sheets import Outcome, sheets_of
from shiyu.people.actors import Actor

LARGEST_MB = 8
KEPT = timedelta(days=1)


@transaction.atomic
def keep_upload(
    name: str,
    content: bytes,
    *,
    category: str,
    valid_from: date,
    actor: Actor,
) -> tuple[SheetUpload, Outcome]:
    """Keep a file for a day and say what publishing it would do; nothing is published yet.

    Raises  Refused  when it is no table of standards, or too large.
    """
    rules.must_edit(actor)
    if len(content) > LARGEST_MB << 20:
        raise Refused(_("文件最大 %(most)d MB") % {"most": LARGEST_MB}, field="file")
    SheetUpload.objects.filter(at__lt=clock.now() - KEPT).delete()
    kept = SheetUpload(
        name=name[:200], content=content, category=category, valid_from=valid_from, by=actor.ref
    )
    with transaction.atomic():
        outcome = _import(kept, actor=actor, dry_run=True)
    kept.save()
    return kept, outcome


@transaction.atomic
def publish_upload(upload: SheetUpload, *, accept_valid: bool, actor: Actor) -> Outcome:
    """Publish a file that was looked at; gone afterwards (发布上传的标准).

    Raises  OutOfOrder  when nothing was published because rows were rejected.
    """
    rules.must_edit(actor)
    upload = SheetUpload.objects.select_for_update().get(pk=upload.pk)
    outcome = _import(upload, actor=actor, accept_valid=accept_valid)
    if not outcome.applied:
        raise OutOfOrder(_("有退回的行，没有发布。改好文件再传，或只发布其余的行"))
    upload.delete()
    return outcome


def _import(
    upload: SheetUpload, *, actor: Actor, dry_run: bool = False, accept_valid: bool = False
) -> Outcome:
    try:
        sheets = sheets_of(bytes(upload.content))
        return bulk.import_standards(
            sheets,
            valid_from=upload.valid_from,
            category=upload.category,
            source=upload.name,
            actor=actor,
            dry_run=dry_run,
            accept_valid=accept_valid,
        )
    except Refused as refusal:
        raise Refused(refusal.message, field=refusal.field or "file") from refusal
