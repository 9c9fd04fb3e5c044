"""What names records of others: for each, another's and one that is not there, and how to ask.

A row of `TRIED` for every address, field or form that names a record of somebody.
"""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone

from shiyu.api.models import Key
from shiyu.cases.models import Report
from shiyu.cases.tests.world import a_photo
from shiyu.desk.actions import batches, exports, keeping
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.journal.models import Remark
from shiyu.notices.actions import owe
from shiyu.notices.models import Notice, Subscription
from shiyu.people.models import Appointment, PostDuty
from tests.every_page.address import OTHERS, STRANGE
from tests.who_may.city import City

NO_CASE = "KF20200101999999"

Ask = Callable[[City, str], Any]
Values = Callable[[City], tuple[str, str]]


def of_key(path: str, body: Callable[[str], dict[str, Any]] | None = None) -> Ask:
    def ask(city: City, value: str) -> Any:
        system = city.systems["all"]  # whoever may do all in one county
        mine = city.cases["at work"].number
        where = path.format(value=value, mine=mine)
        if body is None:
            return system.get(where)
        return system.post(where, body(value), once="0123456789abcdef0123456789abcdef")

    return ask


def of_page(who: str, path: str, **body: str) -> Ask:
    def ask(city: City, value: str) -> Any:
        at_work, new = city.cases["at work"], city.cases["new"]
        where = path.format(value=value, mine=at_work.number, new=new.number)
        browser = city.browser(who)
        if not body:
            return browser.get(where)
        said = {name: text.format(value=value) for name, text in body.items()}
        return browser.post(where, {k: v for k, v in said.items() if k != "_"})

    return ask


def case_number(city: City) -> tuple[str, str]:
    return city.cases["in another county"].number, NO_CASE


def case_id(city: City) -> tuple[str, str]:
    return str(city.cases["in another county"].pk), str(OTHERS)


def photo_of_a_case(city: City) -> tuple[str, str]:
    return city.photos["in another county"], STRANGE


def upload_of_another(city: City) -> tuple[str, str]:
    other = city.systems["key cases:report at city"]
    sent = other.upload(a_photo()).json()["id"]
    return str(uuid.UUID(sent)), str(uuid.uuid4())


def report_of_another(city: City) -> tuple[str, str]:
    other = Report.objects.filter(case=city.cases["in another county"]).latest("pk")
    return str(other.pk), str(OTHERS)


def batch_of_another(city: City) -> tuple[str, str]:
    actor = city.actor("dispatch at gulou")
    return batches.choose([city.cases["new"]], "remark", actor=actor).key, STRANGE


def export_of_another(city: City) -> tuple[str, str]:
    said = {"columns": USUAL, "purpose": "report", "reason": "周例会", "personal": False}
    actor = city.actor("intake at longting")
    made = exports.ask(QUEUES["all"], {}, actor=actor, later=lambda _one: None, **said)
    assert isinstance(made, Export)
    return made.key, STRANGE


def saved_of_another(city: City) -> tuple[str, str]:
    said = {"name": "我的", "filters": {}, "columns": ("kind",), "dense": False}
    actor = city.actor("intake at longting")
    kept = keeping.keep(QUEUES["all"], shared=False, opens_first=False, actor=actor, **said)
    return str(kept.pk), str(OTHERS)


def notice_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["intake at longting"]
    case = city.cases["in another county"]
    owe([person.pk], case.subject, "urged", facts={}, at=timezone.now())
    return str(Notice.objects.latest("pk").pk), str(OTHERS)


def unit_without_a_part(city: City) -> tuple[str, str]:
    return str(city.world.units["lamps"].pk), str(OTHERS)


def remark_of_another_case(city: City) -> tuple[str, str]:
    of = city.cases["in another county"].subject
    return str(Remark.objects.filter(subject=of).latest("pk").pk), str(OTHERS)


def post_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["dispatch at gulou"]
    return str(Appointment.objects.get(person=person).pk), str(OTHERS)


def duty_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["dispatch at gulou"]
    held = Appointment.objects.get(person=person)
    return str(PostDuty.objects.get(post=held.post).pk), str(OTHERS)


def session_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["intake at longting"]
    made = UserSession.objects.create(user=person, ip="127.0.0.1", session_key="of-another")
    return str(made.pk), str(OTHERS)


def passkey_of_another(city: City) -> tuple[str, str]:
    person = city.world.people["intake at longting"]
    made = Authenticator.objects.create(user=person, type="webauthn", data={"name": "x"})
    return str(made.pk), str(OTHERS)


def key_of_another(city: City) -> tuple[str, str]:
    other = city.systems["key cases:report at city"].client
    return Key.objects.get(client=other).visible, "nothing"


def subscription_of_another(_city: City) -> tuple[str, str]:
    made = Subscription.objects.create(
        owner="key:987654321",
        name="x",
        url="https://a.example/",
        types=["case.moved"],
        made_at=timezone.now(),
    )
    return str(made.pk), str(OTHERS)


def of_open311(path: str) -> Ask:
    def ask(city: City, value: str) -> Any:
        key = city.systems["key of Open311"].key
        where = f"/open311{path.format(value=value)}?jurisdiction_id=410200&api_key={key}"
        headers = {"Authorization": f"Bearer {key}"}
        return city.client.delete(where.split("&api_key")[0], headers=headers)

    return ask


def of_one(who: str, path: str, record: Callable[[City], int]) -> Ask:
    """A form under the address of a record that is one's to change, naming one that hangs on
    another."""

    def ask(city: City, value: str) -> Any:
        return city.browser(who).post(path.format(of=record(city), value=value))

    return ask


def somebody(city: City) -> int:
    return int(city.world.people["command at gulou"].pk)


def some_post(city: City) -> int:
    return int(Appointment.objects.get(person=city.world.people["command at gulou"]).post_id)


def some_client(city: City) -> int:
    client = city.systems["key cases:read at gulou"].client
    assert client is not None
    return int(client.pk)


WORDS = {"reason": "见说明"}
TRIED: dict[str, tuple[Values, Ask]] = {
    "API case": (case_number, of_key("/cases/{value}")),
    "API history": (case_number, of_key("/cases/{value}/history")),
    "API photos": (case_number, of_key("/cases/{value}/photos")),
    "API move": (case_number, of_key("/cases/{value}/moves/remark", lambda _v: WORDS)),
    "API merge into": (case_number, of_key("/cases/{mine}/moves/merge", lambda v: {"into": v})),
    "API batch number": (
        case_number,
        of_key(
            "/batches/moves",
            lambda v: {"items": [{"number": v, "move": "remark", "data": WORDS}]},
        ),
    ),
    "API report photos, of a case": (
        photo_of_a_case,
        of_key("/cases", lambda v: {"text": "x", "lon": 114.31, "lat": 34.8, "photos": [v]}),
    ),
    "API report photos, another's upload": (
        upload_of_another,
        of_key("/cases", lambda v: {"text": "x", "lon": 114.31, "lat": 34.8, "photos": [v]}),
    ),
    "API handle photos": (
        upload_of_another,
        of_key("/cases/{mine}/moves/handle", lambda v: WORDS | {"photos": [v]}),
    ),
    "API settle before and after": (
        upload_of_another,
        of_key(
            "/cases/{mine}/moves/settle",
            lambda v: {"kind": "20101", "before": [v], "after": [v]},
        ),
    ),
    "page of a case": (case_number, of_page("intake at gulou", "/cases/{value}/")),
    "page by id": (case_id, of_page("intake at gulou", "/cases/id/{value}/")),
    "row": (case_id, of_page("intake at gulou", "/desk/row/{value}/")),
    "move of a case": (
        case_number,
        of_page("intake at gulou", "/cases/{value}/remark/", reason="x"),
    ),
    "merge into": (
        case_number,
        of_page("intake at gulou", "/cases/{new}/merge/", into="{value}", checked="1"),
    ),
    "merge with one close by": (
        case_id,
        of_page("intake at gulou", "/cases/{new}/merge/", close_by="{value}", checked="1"),
    ),
    "cases of a batch": (
        case_id,
        of_page("intake at gulou", "/desk/together/", case="{value}", move="remark"),
    ),
    "news of a list": (case_id, of_page("intake at gulou", "/desk/news/?in=all&ids={value}")),
    "batch": (batch_of_another, of_page("intake at gulou", "/desk/together/{value}/")),
    "batch, begun": (
        batch_of_another,
        of_page("intake at gulou", "/desk/together/{value}/", go="1", reason="x"),
    ),
    "batch, taken back": (
        batch_of_another,
        of_page("intake at gulou", "/desk/together/{value}/undo/", _="x"),
    ),
    "export": (export_of_another, of_page("intake at gulou", "/desk/exports/{value}/")),
    "export, how far": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/progress/"),
    ),
    "export, decided": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/decide/", _="x"),
    ),
    "export, downloaded": (
        export_of_another,
        of_page("intake at gulou", "/desk/exports/{value}/download/", _="x"),
    ),
    "saved view": (
        saved_of_another,
        of_page("intake at gulou", "/desk/saved/{value}/delete/", _="x"),
    ),
    "notice": (notice_of_another, of_page("intake at gulou", "/notices/{value}/read/", do="open")),
    "who reported another case": (
        report_of_another,
        of_page(
            "intake at gulou",
            "/cases/{mine}/reporter/{value}/",
            purpose="verify",
            reason="x",
            fields="phone",
        ),
    ),
    "unit of a part": (
        unit_without_a_part,
        of_page("handle for roads", "/cases/{mine}/handle/", unit="{value}", reason="x"),
    ),
    "unit that asks": (
        unit_without_a_part,
        of_page("dispatch at gulou", "/cases/{mine}/extend/", unit="{value}", checked="1"),
    ),
    "photo": (photo_of_a_case, of_page("intake at gulou", "/files/{value}/full.jpg")),
    "session": (
        session_of_another,
        of_page("intake at gulou", "/account/sessions/{value}/end/", _="x"),
    ),
    "passkey, renamed": (
        passkey_of_another,
        of_page("intake at gulou", "/account/passkeys/{value}/name/", name="x"),
    ),
    "passkey, removed": (
        passkey_of_another,
        of_page("intake at gulou", "/account/passkeys/{value}/remove/", _="x"),
    ),
    "appointment of another": (
        post_of_another,
        of_one("security_admin", "/account/people/{of}/leave/{value}/", somebody),
    ),
    "duty of another post": (
        duty_of_another,
        of_one("security_admin", "/account/posts/{of}/duties/{value}/withdraw/", some_post),
    ),
    "key of another system": (
        key_of_another,
        of_one("system_admin", "/keys/{of}/revoke/{value}/", some_client),
    ),
    "subscription of another system": (
        subscription_of_another,
        of_open311("/profile/v1/webhooks/{value}.json"),
    ),
    "remark of another case": (
        remark_of_another_case,
        of_page("security_admin", "/journal/{mine}/{value}/erase/", ground="error", reason="x"),
    ),
}
