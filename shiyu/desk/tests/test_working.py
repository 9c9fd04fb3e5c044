"""Working through a list: the next case after a move, twice the same, two people at once."""

import json

from django.urls import reverse

from shiyu.cases import actions
from shiyu.cases.lifecycle import Stage
from shiyu.journal.models import Line

IN_PANE = {"HX-Request": "true"}
BACK = "in=to_accept"


def accept(client, case, headers=None, **data):
    return client.post(
        f"/cases/{case.number}/accept/",
        {"version": case.version, "back": BACK} | data,
        headers=headers or {},
    )


def test_after_a_move_the_next_case_of_the_list_opens(client, world, make_case):
    first, second, third = make_case(), make_case(), make_case()
    client.force_login(world.people["intake"])

    onwards = [accept(client, case)["Location"] for case in (second, third, first)]

    assert onwards == [
        f"/cases/{third.number}/?in=to_accept",
        f"/cases/{first.number}/?in=to_accept",
        "/desk/to_accept/",
    ]


def test_a_move_that_leaves_the_case_in_its_list_stays_with_it(client, world, make_case):
    case, _other = make_case(), make_case()
    client.force_login(world.people["intake"])

    answer = client.post(f"/cases/{case.number}/remark/", {"reason": "已电话联系", "back": BACK})

    assert answer["Location"] == f"/cases/{case.number}/?in=to_accept"


def test_in_the_pane_the_next_case_comes_back_with_what_changed_beside_it(client, world, make_case):
    first, second = make_case(), make_case()
    client.force_login(world.people["intake"])

    answer = accept(client, first, IN_PANE)

    html = answer.content.decode()
    assert html.lstrip().startswith('<article class="case" id="case"')
    assert f'data-case-id="{second.pk}"' in html
    assert '<ul class="duties" id="duties" hx-swap-oob="true">' in html
    assert answer["HX-Push-Url"] == f"/cases/{second.number}/?in=to_accept"
    moved = json.loads(answer["HX-Trigger"])["moved"]
    assert moved == {"id": first.pk, "text": f"{first.number} 已受理"}


def test_a_page_and_its_pane_are_one_template(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    page = client.get(f"/cases/{case.number}/").content.decode()
    pane = client.get(f"/cases/{case.number}/", headers=IN_PANE).content.decode()

    assert "<html" in page
    assert "<html" not in pane
    assert "hx-post" in pane
    assert "hx-post" not in page


def test_what_i_just_did_is_listed_and_a_dispatch_can_be_taken_back(client, world, make_case):
    case = make_case(Stage.FILED)
    client.force_login(world.people["dispatcher"])
    lead = {"lead": "市政养护所", "back": "in=to_dispatch", "version": case.version}
    client.post(f"/cases/{case.number}/dispatch/", lead)

    html = client.get("/desk/to_dispatch/").content.decode()
    answer = client.post(f"/cases/{case.number}/recall/", {"version": case.version + 1})

    assert "data-undo" in html
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.stage == Stage.FILED
    assert "data-undo" not in client.get("/desk/to_dispatch/").content.decode()


def test_the_same_form_sent_twice_moves_once(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    answers = [accept(client, case, form_token="one", reason="属实") for _ in range(2)]

    assert [a.status_code for a in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Line.objects.filter(subject=case.subject, verb="accept").count() == 1


def test_a_double_click_without_a_token_moves_once(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    answers = [accept(client, case).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Line.objects.filter(subject=case.subject, verb="accept").count() == 1


def test_another_form_under_the_same_token_is_refused(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])
    accept(client, case, form_token="one")

    answer = accept(client, case, form_token="one", reason="另一句")

    assert answer.status_code == 422


def test_who_comes_second_is_told_who_was_first_and_keeps_their_words(client, world, make_case):
    case = make_case(Stage.FILED)
    client.force_login(world.people["dispatcher"])
    actions.dispatch(case, lead=world.units["waste"], actor=world.actor("clerk"))

    answer = client.post(
        f"/cases/{case.number}/dispatch/",
        {"lead": "市政养护所", "reason": "优先处理，学校门口", "version": case.version},
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "孙悦" in html
    assert "已“派遣”此案，现在待签收。您写的说明还在，可作为批注保存" in html
    opened = html.split('id="move-remark"')[1].split("</form>")[0]
    assert "优先处理，学校门口" in opened
    assert 'class="move-form is-open" id="move-remark"' in html


def test_a_form_over_an_older_version_is_shown_again_with_what_was_typed(client, world, make_case):
    case = make_case(Stage.ACCEPTED)
    client.force_login(world.people["intake"])
    actions.remark(case, reason="门口在施工", actor=world.actor("clerk"))

    stale = {"kind": "井盖破损", "reason": "现场属实", "version": case.version}
    answer = client.post(f"/cases/{case.number}/file/", stale)
    case.refresh_from_db()
    again = client.post(f"/cases/{case.number}/file/", stale | {"version": case.version})

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "孙悦" in html
    assert "您写的内容还在，核对后可以再提交" in html
    assert "现场属实" in html
    assert f'name="version" value="{case.version}"' in html
    assert again.status_code == 302


def test_the_conflict_in_the_pane_is_the_pane_alone(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])
    actions.accept(case, actor=world.actor("clerk"))

    answer = accept(client, case, IN_PANE)

    assert answer.status_code == 409
    assert "<html" not in answer.content.decode()


def test_where_one_came_from_cannot_lead_elsewhere(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    answer = accept(client, case, back="in=to_accept\r\nX: y&next=https://example.org/#")

    assert answer["Location"].startswith(("/desk/", "/cases/"))
    assert "example.org" not in answer["Location"]


def test_a_move_has_an_address_of_its_own_with_its_form_open(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    page = client.get(reverse("desk:move", args=[case.number, "accept"]))

    assert 'class="move-form is-open" id="move-accept"' in page.content.decode()
    assert client.get(f"/cases/{case.number}/nonsense/").status_code == 404
