"""A self-audit as one file: what was kept, a page to read, a manifest with hashes (审计文件)."""

import hashlib
import io
import json
import zipfile

from django.template.loader import render_to_string
from django.utils import timezone

from shiyu.journal.models import Line
from shiyu.places.rules import the_city
from shiyu.privacy import self_audit
from shiyu.privacy.models import SelfAudit

FORM = "shiyu-self-audit-1"
KEPT, PAGE, MANIFEST, SUMS = "audit.json", "audit.html", "manifest.json", "SHA256SUMS"


def as_zip(audit: SelfAudit) -> bytes:
    """`audit.json` byte for byte as its hash stands in the journal, a page, manifest and sums."""
    page = render_to_string("privacy/audit_file.html", self_audit.shown(audit))
    files = {KEPT: audit.content, PAGE: page.encode()}
    files[MANIFEST] = _manifest(audit, files)
    sums = "".join(f"{_hash(said)}  {name}\n" for name, said in files.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, said in {**files, SUMS: sums.encode()}.items():
            file.writestr(name, said)
    return packed.getvalue()


def _manifest(audit: SelfAudit, files: dict[str, bytes]) -> bytes:
    city = the_city()
    line = Line.objects.filter(subject=audit.subject, verb="self_audit").first()
    said = {
        "format": FORM,
        "city": {"name": city.name, "code": city.code},
        "since": str(audit.since),
        "until": str(audit.until),
        "made_at": timezone.localtime(audit.made_at).isoformat(timespec="seconds"),
        "made_by": audit.made_by.name,
        "journal_line": line.pk if line else None,
        "personal_data": False,
        "files": [
            {"path": name, "bytes": len(content), "sha256": _hash(content)}
            for name, content in files.items()
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
