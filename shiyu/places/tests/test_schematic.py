import numpy as np
import shapely

from shiyu.places.schematic import Seed, tile, wobbly_outline

CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def city():
    communities = [Seed(10 + n, cells=3) for n in range(8)]
    towns = [
        Seed(2, children=communities[:4], near=2, spread=0.05),
        Seed(3, children=communities[4:]),
    ]
    return Seed(1, children=towns)


def test_boundaries_tile_at_every_level_without_gap_or_overlap():
    tiling = tile(city(), wobbly_outline(CORNERS, seed=1, bulge=0.02), seed=1)

    whole = tiling.shapes[1].area
    for keys in ((2, 3), range(10, 18)):
        shapes = [tiling.shapes[key] for key in keys]
        assert shapely.coverage_is_valid(shapes)
        assert np.isclose(shapely.area(shapes).sum(), whole)
    assert shapely.coverage_is_valid(tiling.cells)
    assert len(tiling.cells) == 24


def test_the_same_seed_draws_the_same_map():
    outline = wobbly_outline(CORNERS, seed=3, bulge=0.02)

    first, second = tile(city(), outline, seed=5), tile(city(), outline, seed=5)

    assert shapely.to_wkb(first.cells).tolist() == shapely.to_wkb(second.cells).tolist()
