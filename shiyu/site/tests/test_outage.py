"""An outage is known also behind the errors that others make of it."""

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError, OperationalError, ProgrammingError
from django.test import RequestFactory
from procrastinate.exceptions import ConnectorException

from shiyu.common.errors import OutOfOrder
from shiyu.site import outage
from shiyu.site.errors import bad_request
from shiyu.site.outage import LOST_INSIDE, behind
from shiyu.site.overload import BUSY


def out_of(error: Exception, cause: Exception) -> Exception:
    """An error raised while another was handled."""
    try:
        try:
            raise cause
        except Exception:
            raise error  # noqa: B904 - as libraries do
    except Exception as raised:
        return raised


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("gone"),
        out_of(SessionInterrupted("deleted"), OperationalError("gone")),
        out_of(ConnectorException("queue"), OperationalError("gone")),
        ProgrammingError(f"{LOST_INSIDE}."),
    ],
)
def test_an_outage_is_known_behind_what_others_call_it(error: Exception) -> None:
    assert isinstance(behind(error), DatabaseError)


@pytest.mark.parametrize(
    "error",
    [
        out_of(OutOfOrder("已受理"), OperationalError("lock timeout")),
        SessionInterrupted("deleted"),
        ProgrammingError("no such table"),
        None,
    ],
)
def test_a_refusal_and_a_fault_of_ours_are_none(error: Exception | None) -> None:
    assert behind(error) is None


def test_a_session_that_could_not_be_saved_in_an_outage_is_told_as_one(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_gone", False)
    error = out_of(SessionInterrupted("deleted"), OperationalError("gone"))

    answer = bad_request(rf.get("/desk/"), error)

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.parametrize("said", [outage.GONE, BUSY])
def test_who_only_looked_is_not_told_that_something_was_not_saved(said: str) -> None:
    asked = RequestFactory(headers={"accept": "text/html"})

    read, sent = (outage.page(request, said) for request in (asked.get("/"), asked.post("/")))

    assert "没有保存" not in read.content.decode()
    assert "没有保存" in sent.content.decode()
    assert (read.status_code, sent.status_code) == (503, 503)


def test_the_page_of_an_outage_keeps_size_and_language() -> None:
    asked = RequestFactory(headers={"accept": "text/html", "accept-language": "en"})
    plain = outage.page(asked.get("/")).content.decode()
    asked.cookies["size"] = "elder"
    large = outage.page(asked.get("/")).content.decode()

    assert '<html lang="en">' in plain
    assert '<html lang="en" data-size="elder">' in large
