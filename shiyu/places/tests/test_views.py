import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shiyu.places import actions
from shiyu.places.gazetteer import find
from shiyu.places.models import Place
from shiyu.places.tests.small_city import PROGRAM, found_town, square
from shiyu.places.views import answers

pytestmark = pytest.mark.django_db
FRAME = "114.29,34.79,114.35,34.83"


def cells(client, **asked):
    return client.get(reverse("places:cells"), {"bbox": FRAME} | asked)


def test_the_cells_in_a_frame_are_drawn(client):
    found_town()

    answer = cells(client, bbox="114.2999,34.7999,114.3099,34.8099")

    drawn = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert [f["properties"]["code"] for f in drawn["features"]] == ["990101001001001"]
    assert drawn["features"][0]["geometry"]["type"] == "Polygon"


def test_too_many_cells_are_drawn_as_the_next_level(client, monkeypatch):
    found_town()
    county = Place.objects.get(code="990101")
    actions.set_boundary(county, square(114.3, 34.8, 0.05), source="测试", actor=PROGRAM)
    monkeypatch.setattr("shiyu.places.views.answers.MOST_SHAPES", 3)

    drawn = json.loads(cells(client).content)

    assert drawn["level"] == "county"
    assert [f["properties"]["name"] for f in drawn["features"]] == ["东区"]


def test_a_map_already_had_is_not_sent_again_until_it_changes(client):
    found_town()
    first = cells(client)

    again = client.get(
        reverse("places:cells"), {"bbox": FRAME}, headers={"if-none-match": first.headers["ETag"]}
    )
    actions.set_boundary(
        Place.objects.get(code="990101"), square(114, 34), source="测试", actor=PROGRAM
    )
    changed = client.get(
        reverse("places:cells"), {"bbox": FRAME}, headers={"if-none-match": first.headers["ETag"]}
    )

    assert (again.status_code, changed.status_code) == (304, 200)


@pytest.mark.parametrize(
    "asked",
    [{"bbox": ""}, {"bbox": "1,2,3"}, {"bbox": "3,3,1,1"}, {"bbox": "a,b,c,d"}, {"level": "moon"}],
)
def test_a_frame_that_is_none_is_refused(client, asked):
    found_town()

    assert cells(client, **asked).status_code == 400


def test_drawing_costs_the_same_queries_for_one_cell_and_for_eight(client):
    found_town()
    cells(client)
    costs = []

    for frame in ("114.2999,34.7999,114.3099,34.8099", "114.2,34.7,114.4,34.9"):
        with CaptureQueriesContext(connection) as queries:
            cells(client, bbox=frame)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 4  # with the one that counts a stranger


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("书店社区", "书店社区"),
        ("书店", "书店社区"),
        ("东门街道12号", "东门街道"),
        ("東門街道", "东门街道"),
        ("liulin", "柳林村"),
        ("hwz", "河湾镇"),
        ("河湾镇 柳林村 3组", "柳林村"),
    ],
)
def test_a_place_is_found_by_name_sound_and_address(words, first):
    found_town()

    names = [entry.name for entry in find(words)]

    assert first in names[:2]


@pytest.mark.parametrize("words", ["", "  ", "火星", "12345", "%", "'; drop", "\u202e"])
def test_words_that_name_nothing_find_nothing(client, words):
    found_town()

    answer = client.get(reverse("places:find"), {"q": words})

    assert (answer.status_code, answer.json()) == (200, {"places": []})


def test_found_places_come_as_choices_for_a_form(client):
    found_town()

    html = client.get(reverse("places:find"), {"q": "柳林", "as": "html"}).content.decode()

    assert 'type="radio"' in html
    assert 'value="990101100201"' in html
    assert "东区河湾镇" in html


def test_where_a_point_lies_is_told_with_its_path_or_its_distance(client):
    found_town()

    inside = client.get(reverse("places:at"), {"lon": "114.305", "lat": "34.805"}).json()
    outside = client.get(reverse("places:at"), {"lon": "114.305", "lat": "34.79"}).json()
    nowhere = client.get(reverse("places:at"), {"lon": "abc", "lat": "34.79"})

    assert [p["name"] for p in inside["path"]][-1] == "第1网格"
    assert (outside["inside"], outside["metres"]) == (False, 1112)
    assert nowhere.status_code == 400


def test_a_stranger_is_drawn_only_so_many_frames(client, monkeypatch):
    monkeypatch.setattr(answers, "DRAWING", replace(answers.DRAWING, attempts=2))

    assert [cells(client).status_code for _ in range(3)] == [200, 200, 429]
