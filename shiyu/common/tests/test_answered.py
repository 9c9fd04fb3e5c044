"""Views that answer the same request the same way: by header, form token or double click."""

import base64
import hashlib
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import ResolverMatch
from django.utils import timezone

from shiyu.common.answered import answered_once, body_hash
from shiyu.common.errors import KeyReused, Refused
from shiyu.common.models import Answered, Attempt

pytestmark = pytest.mark.django_db


def post(
    fields: dict[str, object] | None = None,
    *,
    person: int = 0,
    browser: str = "secret-1",
    path: str = "/cases/1/file/",
    **headers: str,
) -> HttpRequest:
    request = RequestFactory().post(path, fields or {}, headers=headers)
    request.resolver_match = ResolverMatch(lambda r: None, (), {}, url_name="file")
    request.user = SimpleNamespace(is_authenticated=True, pk=person) if person else AnonymousUser()
    request.META["CSRF_COOKIE"] = browser
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def counting(
    answer: Callable[[int], HttpResponse],
) -> tuple[Callable[..., HttpResponse], list[int]]:
    """A view that leaves a row and notes each time it is really carried out."""
    done: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        done.append(1)
        key = str(len(done))
        Attempt.objects.create(kind="effect", key=key, failures=1, since=timezone.now())
        return answer(len(done))

    return answered_once(view), done


def to_receipt(number: int) -> HttpResponse:
    return redirect(f"/receipts/{number}/")


def test_a_form_posted_twice_gets_the_same_redirect_and_a_calm_sentence() -> None:
    view, done = counting(to_receipt)
    form = {"form_token": "t1", "text": "井盖"}

    first, second = view(post(form)), post(form)
    again = view(second)

    assert (first.url, again["Location"], len(done)) == ("/receipts/1/", "/receipts/1/", 1)
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert "没有重复办理" in str(next(iter(get_messages(second))))


def test_the_header_works_for_clients_without_forms() -> None:
    view, done = counting(lambda n: HttpResponse(f'{{"n": {n}}}', "application/json", 201))

    first = view(post({"a": 1}, **{"Idempotency-Key": "k"}))
    again = view(post({"a": 1}, **{"Idempotency-Key": "k"}))

    assert (first.content, again.content) == (b'{"n": 1}', b'{"n": 1}')
    assert (again.status_code, again["Content-Type"], len(done)) == (201, "application/json", 1)


def test_neither_a_page_nor_a_form_can_be_read_out_of_what_is_kept() -> None:
    view, _done = counting(lambda n: HttpResponse("王芳 13800001234"))
    said = post({"password": "shiyu-2026"})
    plain = body_hash(said)
    view(said)

    (kept,) = Answered.objects.values_list("key", "body_hash", "answer")
    page = base64.b64encode("王芳 13800001234".encode()).decode()
    guessed = [hashlib.sha256(text.encode()).hexdigest() for text in (plain, f"body {plain}")]
    assert not {page, plain, *guessed} & set(kept)
    assert page not in str(kept)


def test_another_text_under_the_same_token_is_refused() -> None:
    view, _done = counting(to_receipt)
    view(post({"form_token": "t1", "text": "井盖"}))

    with pytest.raises(KeyReused):
        view(post({"form_token": "t1", "text": "路灯"}))
    with pytest.raises(KeyReused):
        view(post({"form_token": "t1", "text": "井盖"}, path="/cases/2/file/"))


def test_another_photo_is_another_body() -> None:
    view, done = counting(to_receipt)

    for content in (b"one", b"two"):
        view(post({"photos": SimpleUploadedFile("p.jpg", content)}))

    assert len(done) == 2


def test_photos_can_still_be_read_after_they_were_compared() -> None:
    read = []

    def view(request: HttpRequest) -> HttpResponse:
        read.append(request.FILES["photos"].read())
        return HttpResponse()

    answered_once(view)(post({"photos": SimpleUploadedFile("p.jpg", b"pixels")}))

    assert read == [b"pixels"]


def test_a_double_click_without_any_token_is_one() -> None:
    view, done = counting(to_receipt)

    view(post({"csrfmiddlewaretoken": "a", "text": "井盖"}))
    view(post({"csrfmiddlewaretoken": "b", "text": "井盖"}))
    view(post({"text": "路灯"}))

    assert len(done) == 2


def test_one_browsers_answer_is_not_given_to_another() -> None:
    view, done = counting(to_receipt)
    form = {"form_token": "t1", "text": "井盖"}

    for who in ({"browser": "b1"}, {"browser": "b2"}, {"person": 1}, {"person": 2}):
        view(post(form, **who))

    assert len(done) == 4


def test_a_form_shown_again_with_errors_is_not_kept() -> None:
    view, _done = counting(lambda n: HttpResponse(status=422) if n == 1 else to_receipt(n))

    assert view(post({"form_token": "t1", "text": ""})).status_code == 422
    assert Attempt.objects.filter(kind="effect").count() == 0
    assert view(post({"form_token": "t1", "text": "井盖"})).url == "/receipts/2/"


def test_reading_is_never_held_back() -> None:
    view, done = counting(lambda n: HttpResponse())
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    view(request)
    view(request)

    assert len(done) == 2
    assert not Answered.objects.exists()


def test_a_cookie_belongs_to_the_first_answer_alone() -> None:
    def with_cookie(number: int) -> HttpResponse:
        response = to_receipt(number)
        response.set_cookie("mine", "1")
        return response

    view, _done = counting(with_cookie)
    form = {"form_token": "t1"}

    assert view(post(form)).cookies["mine"].value == "1"
    assert "mine" not in view(post(form)).cookies


def test_an_overlong_key_is_refused_and_a_stream_is_a_mistake_of_ours() -> None:
    view, _done = counting(to_receipt)

    with pytest.raises(Refused, match="200"):
        view(post({}, **{"Idempotency-Key": "x" * 201}))
    with pytest.raises(TypeError):
        answered_once(lambda r: StreamingHttpResponse([b"x"]))(post({"a": 1}))


def test_each_form_shown_has_a_token_of_its_own() -> None:
    template = Template("{% load once %}{% form_token %}")

    first, second = (template.render(Context()) for _ in range(2))

    assert re.fullmatch(r'<input type="hidden" name="form_token" value="[\w-]{22}">', first)
    assert first != second
