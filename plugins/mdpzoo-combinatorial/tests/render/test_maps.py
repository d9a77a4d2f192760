"""Maps, names beside nodes, and nodes that would hide each other."""

import itertools

import numpy as np
import pytest

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, TSPInstance
from mdpzoo_combinatorial.instances.cities import BEST_KNOWN_CAPITALS_TOUR, us_capitals
from mdpzoo_combinatorial.render import draw, layout_of, picture, tour_picture
from mdpzoo_combinatorial.render.canvas import Canvas, dot_size
from mdpzoo_combinatorial.render.maps import MIN_DISTANCE, NO_MAP, Map, place_nodes, spread

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
PACIFIC = TSPInstance(
    "pacific",
    [[-18.1, 178.4], [-13.8, -171.8], [-21.1, -175.2], [-8.5, 179.2]],  # Suva, Apia, Nuku'alofa, Funafuti
    "GREAT_CIRCLE",
    names=("Suva", "Apia", "Nuku'alofa", "Funafuti"),
)


def written(canvas):
    """The texts of a canvas and their boxes."""
    from matplotlib.text import Text

    texts = [each for each in canvas._figure.get_children() if isinstance(each, Text)]
    return {each.get_text(): each.get_window_extent(canvas._agg.get_renderer()) for each in texts}


def collisions(boxes):
    return [
        (one, other)
        for (one, first), (other, second) in itertools.combinations(boxes.items(), 2)
        if min(first.x1, second.x1) > max(first.x0, second.x0) and min(first.y1, second.y1) > max(first.y0, second.y0)
    ]


@pytest.mark.parametrize("size", [(1200, 1200), (1400, 800), (600, 600)])
def test_the_capitals_names_are_all_there_and_no_two_collide(size):
    capitals, canvas = us_capitals(), Canvas(size, "capitals")
    draw(canvas, capitals, BEST_KNOWN_CAPITALS_TOUR)
    boxes = written(canvas)
    assert set(capitals.names) <= boxes.keys()
    assert collisions(boxes) == []
    assert all(box.x0 >= 0 and box.x1 <= size[0] for box in boxes.values())


def test_names_without_room_are_left_out_instead_of_colliding():
    crowd = TSPInstance("crowd", np.zeros((60, 2)), names=tuple(f"a long name of node {each}" for each in range(60)))
    canvas = Canvas((300, 300))
    draw(canvas, crowd, range(60))
    assert 5 <= len(written(canvas)) < 60
    assert collisions(written(canvas)) == []


def test_routes_have_names_too():
    instance = CVRPInstance("shops", [0, 1, 1], 2, [[0, 0], [1, 1], [2, 0]], names=("depot", "north", "east"))
    canvas = Canvas((600, 600))
    draw(canvas, instance, [[1, 2]])
    assert {"depot", "north", "east"} <= written(canvas).keys()


def test_a_map_has_a_scale_bar_whose_length_is_true():
    canvas = Canvas((600, 600))
    equator = TSPInstance("equator", [[0.0, 0.0], [0.0, 10.0], [1.0, 5.0]], "GREAT_CIRCLE")
    place_nodes(canvas, equator.layout(), Map(*equator.earth()))
    (bar,) = [each for each in canvas._figure.get_children() if hasattr(each, "get_segments")]
    wide = np.ptp(bar.get_segments()[0][:, 0])
    # ten degrees of the equator, 1,112 km, are 540 pixels wide: 200 km are the largest round length up to a quarter
    assert "200 km" in written(canvas)
    assert wide == pytest.approx(540 * 200 / 1_111.95, rel=1e-4)
    assert not written_of(generate("TSP", 1, 5, seed=0)[0])


def written_of(instance):
    canvas = Canvas((600, 600))
    draw(canvas, instance)
    return written(canvas)


def test_no_line_goes_across_the_map_where_the_date_line_is_crossed():
    around = TSPInstance("around", [[10.0 * (k % 2), 30.0 * k - 180] for k in range(12)], "GREAT_CIRCLE")
    where = place_nodes(Canvas((600, 600)), around.layout(), Map(*around.earth()))
    pieces = where.lines([*range(12), 0])
    left, _, right, _ = where.box
    assert len(pieces) == 2  # the way leaves once and comes in once
    assert max(np.abs(np.diff(each[:, 0])).max() for each in pieces) < (right - left) / 6
    assert all(left - 1 <= x <= right + 1 for each in pieces for x in each[:, 0])


def test_islands_on_both_sides_of_the_date_line_are_near_to_each_other():
    where = place_nodes(Canvas((600, 600)), PACIFIC.layout(), Map(*PACIFIC.earth()))
    assert len(where.lines([0, 1, 2, 3, 0])) == 1
    east = where.points[:, 0]
    assert east.argsort().tolist() == [0, 3, 2, 1]  # Suva, Funafuti, Nuku'alofa, Apia from west to east


def test_ways_without_a_map_are_one_line():
    where = place_nodes(Canvas((600, 600)), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), NO_MAP)
    assert [len(each) for each in where.lines([0, 1, 2])] == [3]


@pytest.mark.parametrize("count", [2, 17, 200])
def test_zero_costs_hide_no_node(count):
    instance = ATSPInstance("free", np.zeros((count, count)))
    points = place_nodes(Canvas((600, 600)), layout_of(instance), NO_MAP).points
    far = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) + 1e9 * np.eye(count)
    assert far.min() > dot_size(count)
    assert picture(instance, range(count)).shape == (600, 600, 3)


def test_nodes_that_are_apart_stay_where_they_are_and_the_first_of_several_does():
    layout = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    moved = spread(layout)
    assert np.array_equal(moved[[0, 1, 3]], layout[[0, 1, 3]])
    assert np.hypot(*(moved[2] - moved[1])) >= MIN_DISTANCE * dot_size(4) / 540 * (1 - 1e-9)


def test_a_single_node_stays_where_it_is():
    assert spread(np.array([[3.0, 4.0]])).tolist() == [[3.0, 4.0]]


def test_two_thousand_nodes_at_one_place_are_spread_in_a_moment():
    assert len(np.unique(spread(np.zeros((2_000, 2))), axis=0)) == 2_000


def test_a_tour_of_bare_positions_takes_labels():
    plain = tour_picture([[0, 0], [1, 0], [0, 1]], [0, 1, 2])
    assert (tour_picture([[0, 0], [1, 0], [0, 1]], [0, 1, 2], labels=["a", "b", "c"]) != plain).any()
