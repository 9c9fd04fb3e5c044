"""What the standard wants written down stands in docs/asvs.md, and is as the program is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa import app_settings as mfa
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from shiyu.common import home
from shiyu.people import forms as people_forms
from shiyu.people.models import Person
from shiyu.site import urls

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text()
SHIYU = ROOT / "shiyu"
CIPHERS = re.compile(
    r"hashlib\.(?!scrypt|sha256\b|sha512\b|file_digest|new\(\"sm3\")\w+|\b(MD5|SHA1|DES|ARC4|ECB)\b"
)
USES = re.compile(r"\bhashlib\.\w+\(|hmac\.new\(|\bFernet\(|AESGCM\(|Ed25519PrivateKey\.|scrypt\(")
POLLUTES = re.compile(r"__proto__|\.prototype\b|lodash|deepmerge|\bfor \((const|let|var) \w+ in ")
LEAST_BITS_OF_CODES, LEAST_BITS_OF_SESSIONS = 20, 128


def part(title: str) -> str:
    """One chapter of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def sources() -> Iterator[tuple[str, str]]:
    for file in sorted(SHIYU.rglob("*.py")):
        if "tests" not in file.parts and "migrations" not in file.parts:
            yield str(file.relative_to(SHIYU)), file.read_text()


def missing(title: str, wanted: Iterator[str] | list[str]) -> list[str]:
    return [
        f"{one}: write it into {title} of docs/asvs.md" for one in wanted if one not in part(title)
    ]


def test_every_way_of_signing_in_is_written_down_with_its_strength() -> None:
    ways = [*settings.MFA_SUPPORTED_TYPES, "password", "identity", "key", "receipt"]
    assert missing("Ways of signing in", [f"`{way}`" for way in ways]) == []
    assert missing("Ways of signing in", ["`carrier pigeon`"]) != []


def test_how_long_sessions_last_is_written_down() -> None:
    hours, minutes = settings.SESSION_COOKIE_AGE // 3600, settings.IDLE_LIMIT_S // 60
    wanted = [
        f"{hours} hours",
        f"{minutes} minutes",
        "| at once |",
        "| with the identity service |",
    ]
    assert missing("Sessions", wanted) == []


def test_every_use_of_a_cipher_is_written_down() -> None:
    assert (
        missing("Keys and ciphers", [name for name, text in sources() if USES.search(text)]) == []
    )
    assert USES.search('hashlib.sha256(b"x")')


def test_no_weak_cipher_is_used() -> None:
    assert [name for name, text in sources() if CIPHERS.search(text)] == []
    assert CIPHERS.search("hashlib.md5(text)")
    assert CIPHERS.search("hashlib.sha1(text)")
    assert settings.PASSWORD_HASHERS[0].endswith("ScryptPasswordHasher")


def test_whoever_goes_outside_is_written_down() -> None:
    using = re.compile(r"\b(ask|ask_broker|door|forbid_inside|check_with_broker)\(")
    going = [
        name
        for name, text in sources()
        if "common.egress" in text and using.search(text) and "common/egress" not in name
    ]
    assert len(going) > 5
    assert missing("Whom it talks to", going) == []


def test_logs_go_where_it_is_written_and_nowhere_else() -> None:
    assert set(settings.LOGGING["handlers"]) == {"console"}
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    assert "standard output" in part("What is logged, and where")


def test_how_soon_libraries_are_renewed_is_written_down() -> None:
    assert "within a week" in part("How soon libraries are renewed")
    assert "within a week" in (ROOT / "SECURITY.md").read_text()


def test_what_is_dear_is_written_down() -> None:
    for one in ("photos", "searching", "exports", "batches", "streams"):
        assert one in part("What is dear")


def test_what_may_be_uploaded_is_written_down() -> None:
    for kind in ("JPEG", "CSV", "XLSX", "GeoJSON"):
        assert kind in part("What may be uploaded")


# ---- small promises ---------------------------------------------------------------------------


def test_every_password_is_masked_and_may_be_pasted() -> None:
    fields = [
        (form.__name__, name)
        for form in vars(people_forms).values()
        if isinstance(form, type) and issubclass(form, forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if "password" in name
        and name != "passwordless"
        and not isinstance(field.widget, forms.PasswordInput)
    ]
    assert fields == []
    scripts = [*(ROOT / "web" / "src").rglob("*.ts"), *SHIYU.rglob("*.html")]
    assert [f.name for f in scripts if re.search(r"onpaste|[\"']paste[\"']", f.read_text())] == []


def test_no_password_ends_by_age() -> None:
    kept = {field.name for field in Person._meta.get_fields() if "password" in field.name}
    assert kept == {"password", "must_change_password"}


@pytest.mark.django_db
def test_codes_and_sessions_are_long_enough() -> None:
    assert mfa.RECOVERY_CODE_DIGITS * 3.32 >= LEAST_BITS_OF_CODES
    assert mfa.TOTP_DIGITS == 6
    session = SessionStore()._get_new_session_key()
    assert len(session) * 5.16 >= LEAST_BITS_OF_SESSIONS


@pytest.mark.django_db
def test_nobody_can_sign_in_before_somebody_is_founded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No account of a new city, no secret that two cities share."""
    assert Person.objects.count() == 0
    made = set()
    for name in ("one", "two"):
        monkeypatch.setenv("SHIYU_HOME", str(tmp_path / name))
        made.add(home.secret("django"))
    assert len(made) == 2
    assert all(len(secret) >= 32 for secret in made)


def test_no_script_can_be_given_a_prototype() -> None:
    scripts = (ROOT / "web" / "src").rglob("*.ts")
    assert [file.name for file in scripts if POLLUTES.search(file.read_text())] == []
    assert POLLUTES.search("for (const key in given) kept[key] = given[key]")


def test_the_pages_are_those_that_are_declared() -> None:
    assert urls.urlpatterns
    assert not any(app.name == "django.contrib.admin" for app in apps.get_app_configs())
