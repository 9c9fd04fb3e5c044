"""What a page says when something goes wrong, and what every page carries."""

import json

import pytest
from django.test import override_settings

from shiyu.people.actors import Actor
from shiyu.places.actions import found_city

pytestmark = [pytest.mark.django_db, pytest.mark.urls("shiyu.site.tests.faults")]


@pytest.fixture
def asking(client):
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("refused", 400, "照片太大，请换一张。"),
        ("not-allowed", 403, "您没有“派遣”的权限"),
        ("not-found", 404, "查无此件"),
        ("out-of-order", 409, "案件已结案，不能“派遣”"),
        ("too-big", 413, "过大"),
        ("gone", 404, ""),
        ("forbidden", 403, ""),
        ("own-fault", 500, ""),
    ],
)
def test_each_fault_has_its_page_and_status(name, status, said, asking):
    page = asking.get(f"/fault/{name}/")

    assert page.status_code == status
    assert said in page.content.decode()
    assert page["Content-Type"].startswith("text/html")
    assert "secret detail" not in page.content.decode()


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refused", 400, "refused"),
        ("out-of-order", 409, "out_of_order"),
        ("gone", 404, "not_found"),
        ("forbidden", 403, "not_allowed"),
        ("own-fault", 500, "server_error"),
        ("database", 503, "unavailable"),
    ],
)
def test_a_program_is_told_the_same_in_its_own_way(name, status, code, asking):
    answer = asking.get(f"/fault/{name}/", headers={"Accept": "application/json"})

    assert answer.status_code == status
    assert json.loads(answer.content)["error"] == code


def test_a_refusal_names_the_field_it_is_about(asking):
    answer = asking.get("/fault/refused/", headers={"Accept": "application/json"})

    assert answer.json() == {
        "error": "refused",
        "message": "照片太大，请换一张。",
        "field": "photo",
    }


def test_a_statement_given_up_is_answered_with_try_again_and_the_next_page_works(asking):
    page = asking.get("/slow/")

    assert page.status_code == 503
    assert page["Retry-After"] == "10"
    assert asking.get("/clock/").status_code in (200, 500)


@pytest.mark.parametrize("path", ["/clock/?q=%00", "/clock%00/"])
def test_a_zero_byte_in_the_address_is_refused(path, asking):
    assert asking.get(path).status_code in (400, 404)


def test_times_are_the_citys(asking):
    found_city(
        name="开封市",
        short_name="开封",
        code="410200",
        number_prefix="KF",
        timezone="Asia/Urumqi",
        actor=Actor.program("test"),
    )

    assert asking.get("/clock/").content == b"Asia/Urumqi"


def test_without_a_city_times_are_those_of_the_settings(asking):
    assert asking.get("/clock/").content == b"Asia/Shanghai"


def test_https_is_kept_to_once_it_is_used(asking):
    plain = asking.get("/clock/")
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        safe = asking.get("/clock/", headers={"X-Forwarded-Proto": "https"})

    assert "Strict-Transport-Security" not in plain
    assert safe["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.urls("shiyu.site.urls")
def test_a_page_is_asked_anew_and_is_nobody_elses(asking):
    assert asking.get("/")["Cache-Control"] == "private, no-cache"


@pytest.mark.urls("shiyu.site.urls")
def test_the_old_address_of_the_icon_leads_to_it(asking):
    page = asking.get("/favicon.ico")

    assert page.status_code == 302
    assert page["Location"].endswith(".ico")


def test_pages_of_a_session_are_kept_by_nobody(asking):
    asking.cookies["sessionid"] = "made-up"

    page = asking.get("/clock/")

    assert page["Cache-Control"] == "private, no-store"


def test_a_forged_form_is_refused_with_a_sentence():
    from django.test import Client

    page = Client(enforce_csrf_checks=True).post("/size/", {"next": "/"})

    assert page.status_code == 403
    assert "过期" in page.content.decode()
