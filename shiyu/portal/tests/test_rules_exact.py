"""What a draft still lacks and how often one may try, near every boundary; few records."""

from datetime import timedelta
from typing import Any

import pytest

from shiyu.common.wall import within
from shiyu.files import rules as files
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.seeing import PUBLIC
from shiyu.portal import rules, similar
from shiyu.portal.models import Draft
from shiyu.portal.seal import key_of

TOKEN = "t" * 43


def photo(subject: str) -> Photo:
    return Photo.objects.create(
        public_id=subject, subject=subject, role="scene", sha256="0", width=1, height=1, bytes=1
    )


def draft(**more: Any) -> Draft:
    return Draft.objects.create(ref="r", key=key_of(TOKEN), **more)


def test_how_often_one_may_try_is_as_it_is_written():
    minute = timedelta(minutes=1)
    limits = (
        rules.LOOKING_UP, rules.BEGINNING, rules.UPLOADING, rules.PROVING, rules.GUESSING,
        rules.SENDING,
    )  # fmt: skip
    said = [(one.kind, one.attempts, one.window / minute, one.closed / minute) for one in limits]
    assert said == [
        ("receipt", 30, 15, 15), ("draft", 200, 60, 15), ("upload", 200, 60, 15),
        ("proof", 120, 10, 10), ("own_data", 10, 15, 15), ("sending", 60, 60, 15),
    ]  # fmt: skip
    assert rules.PHOTOS_MOST == 3
    assert timedelta(days=1) == rules.KEPT


@pytest.mark.django_db
def test_the_next_step_is_the_first_that_is_not_answered(monkeypatch):
    alike: list[Any] = []
    monkeypatch.setattr(similar, "to_draft", lambda one: alike)
    assert rules.next_step(None) == "photo"
    own = draft(door="words")
    assert rules.next_step(own) == "words"
    photo("draft:0")
    assert rules.next_step(own) == "words"
    photo(own.subject)
    assert rules.next_step(own) == "place"
    spoken = Draft(pk=0, door="photo", text="坏了")
    assert rules.next_step(spoken) == "place"
    assert rules.next_step(Draft(pk=9, door="photo")) == "photo"
    own.placed = True
    assert rules.next_step(own) == "kind"
    own.sorted = True
    assert rules.next_step(own) == "check"
    alike.append("one")
    assert rules.next_step(own) == "similar"
    own.compared = True
    assert rules.next_step(own) == "check"


def test_a_draft_is_complete_with_its_place_and_its_kind():
    assert not rules.is_complete(None)
    for placed in (True, False):
        for sorted_ in (True, False):
            found = rules.is_complete(Draft(placed=placed, sorted=sorted_))
            assert found is (placed and sorted_)


@pytest.mark.django_db
def test_a_drafts_photos_are_its_own():
    own = draft()
    mine = [photo(own.subject)]
    photo("draft:0")

    assert rules.photos_of(own) == mine
    assert rules.photos_of(None) == rules.photos_of(Draft()) == []


def test_a_draft_is_found_by_its_token_alone_with_what_became_of_it(
    world, django_assert_num_queries
):
    report, joined = world.report()[0], world.report()[0].case
    assert rules.draft_of("") is None
    assert rules.draft_of(TOKEN) is None
    own = draft()
    found = rules.draft_of(TOKEN)
    assert found == own
    assert (found.report_id, found.joins_id) == (None, None)
    Draft.objects.update(report=report, joins=joined)

    with within(PUBLIC):
        found = rules.draft_of(TOKEN)
        with django_assert_num_queries(0):
            assert found.report.case.procedure
            assert found.report.case.kind is None
            assert found.joins == joined
        assert rules.draft_of("u" * 43) is None


def test_a_photo_is_seen_by_whoever_may_see_its_record_and_by_nobody_where_none_speaks(monkeypatch):
    asked = []

    def policy(actor: Actor, subject: str) -> bool:
        asked.append((actor, subject))
        return subject == "tree:1"

    monkeypatch.setitem(files.policies, "tree", policy)
    somebody = Actor("person", 1)

    assert files.visible(somebody, Photo(subject="tree:1"))
    assert not files.visible(somebody, Photo(subject="tree:2"))
    assert asked == [(somebody, "tree:1"), (somebody, "tree:2")]
    for subject in ("bush:1", "", ":1"):
        assert not files.visible(Actor.program("x"), Photo(subject=subject))
