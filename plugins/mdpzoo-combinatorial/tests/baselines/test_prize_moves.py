"""Insertions into a tour of limited length."""

import numpy as np
import pytest

from mdpzoo_combinatorial.baselines import prize_moves


@pytest.mark.parametrize(
    ("room", "tour"),
    [
        (12.0, [0, 1, 2]),  # 3 + 4 + 5: the second insertion uses up the rest of the room
        (np.nextafter(12.0, 0.0), [0, 1]),
        (6.0, [0, 1]),  # 3 there and 3 back
        (np.nextafter(6.0, 0.0), [0]),
    ],
)
def test_a_node_is_inserted_if_its_detour_uses_up_the_room_exactly(room, tour):
    points = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    found, inside = np.zeros(3, np.int64), np.array([True, False, False])
    count = prize_moves.insert_all(costs, np.array([0.0, 1.0, 1.0]), room, found, inside, 1)
    assert sorted(found[:count]) == tour
    assert np.flatnonzero(inside).tolist() == tour
