import numpy as np
import pytest
import shapely

from shiyu.history.kaifeng.places import NAME, ROOT, build_kaifeng
from shiyu.people.actors import Actor
from shiyu.places import bulk, locator
from shiyu.places.actions import found_city
from shiyu.places.models import Place


def test_the_demo_city_has_its_public_names_and_made_up_borders():
    planned = build_kaifeng()

    counts = {level: sum(p.level == level for p in planned) for level in {p.level for p in planned}}
    assert counts["county"] == 10
    assert counts["township"] == 124
    assert counts["community"] == 2528
    assert 6_000 <= counts["cell"] <= 10_000
    assert {p.boundary_source for p in planned} == {"示意"}
    assert len({p.code for p in planned}) == len(planned)
    seen = {ROOT}
    for place in planned:
        assert place.parent_code in seen
        seen.add(place.code)
    cells = np.array([p.boundary for p in planned if p.level == "cell"], dtype=object)
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)


@pytest.mark.django_db
def test_the_demo_city_is_written_and_every_cell_found_again():
    actor = Actor.program("test")
    found_city(name=NAME, short_name="开封", code=ROOT, number_prefix="KF", actor=actor)
    planned = build_kaifeng()

    bulk.write_places(planned, actor=actor)

    cells = Place.objects.filter(level="cell")
    points = np.array(cells.order_by("code").values_list("lon", "lat"))
    found = locator.current().locate_many(points[:, 0], points[:, 1])
    codes = [locator.current().codes[position] for position in found]
    assert codes == list(cells.order_by("code").values_list("code", flat=True))
    assert Place.objects.count() == len(planned) + 1
