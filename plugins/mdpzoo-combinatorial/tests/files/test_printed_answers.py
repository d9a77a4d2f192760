"""Answers as solvers print them: one meaning is read, of two the error names both."""

import pytest

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.commands.verify_solution import verdict
from mdpzoo_combinatorial.files.solution_files import read_claim
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance, TSPInstance

# a square of side 10 and, for vehicles, one more customer at distance 20: 10 + 10 + 14 (rounded) and 10 + 10 + 20
PLACES = [(0, 0), (0, 10), (10, 10), (10, 0)]
TOUR = TSPInstance("t", PLACES, "EUC_2D")
ROUTES = CVRPInstance("v", [0, 5, 5, 5, 5], 10, [*PLACES, (20, 0)], "EUC_2D")
PRIZES = OPInstance("o", [0, 5, 6, 7], 40, PLACES, "EUC_2D")
ITEMS = KnapsackInstance("k", [5, 6, 3], [4, 5, 3], 9)


def claimed(folder, text, instance, ids_from=None):
    path = folder / "answer.txt"
    path.write_text(text)
    return read_claim(path, instance, ids_from)


@pytest.mark.parametrize("text", [
    "Route #1: 1 2\nRoute #2: 3 4\nCost 74\n",
    "Cost: 74\nroute 1: 1, 2\nvehicle 2: 3 -> 4\n",
    "# found by hgs\nRoute #1: 1 2\nRoute #2: 3 4\nCost 74 (optimal)\nTime 1.23\n",
    "Route #1: 0 1 2 0\nRoute #2: 0 3 4 0\nObjective 74\n",
    "Route #1: 2 3\nRoute #2: 4 5\nRoute #3:\nCost 74\n",  # from 1
    "Route #1: 1 2 3 1\nRoute #2: 1 4 5 1\n",  # from 1, with the depot
    "Route #1: 1 2 Cost: 34\nRoute #2: 3 4 Load: 10\nTotal cost = 74\n",
    "Solution results\n=====\n  # routes: 2\n objective: 74\n run-time: 1.00 seconds\n\nRoutes\n-----\n"
    "Route #1: 1 2\nRoute #2: 3 4\n",
    "NAME : v\nTYPE : TOUR\nDIMENSION : 6\nTOUR_SECTION\n1\n2\n3\n6\n4\n5\n-1\nEOF\n",  # LKH: node 6 is the depot
    '{"routes": [[1, 2], [3, 4]], "cost": 74}',
])  # fmt: skip
def test_two_routes_are_read_from_what_every_solver_prints(tmp_path, text):
    claim = claimed(tmp_path, text, ROUTES)
    assert claim.solution == [[1, 2], [3, 4]]
    assert verdict(ROUTES, claim)["objective"] == 74
    assert claim.objective in (74, None)


@pytest.mark.parametrize("text", [
    "TOUR_SECTION\n1\n2\n3\n4\n-1\nEOF\n",
    "TOUR_SECTION\n1 2 3 4 1 -1\n",  # closed
    "NAME : t\nTOUR_SECTION\n0\n1\n2\n3\n-1\nEOF\n",  # from 0
    "4\n0 1 2 3\n",  # Concorde
    "4 4\n0 1 10\n1 2 10\n2 3 10\n3 0 10\n",  # linkern
    "1\n2\n3\n4\n",
    "Route #1: 1 2 3\nCost 40\n",  # PyVRP: the depot is left out
    "Tour: 0 -> 1 -> 2 -> 3 -> 0\nlength: 40\n",
    "[0, 1, 2, 3]",
])  # fmt: skip
def test_a_square_is_read_from_what_every_solver_prints(tmp_path, text):
    assert list(claimed(tmp_path, text, TOUR).solution) == [0, 1, 2, 3]


def test_what_fits_from_0_and_from_1_is_named_and_ids_from_chooses(tmp_path):
    text = "Route #1: 1 2\n"  # nodes 0, 1, 2, or the depot and node 1
    with pytest.raises(
        InstanceError, match="the objective 11 if counted from 0 and 5 if counted from 1; choose one with --ids"
    ):
        claimed(tmp_path, text, PRIZES)
    assert claimed(tmp_path, text, PRIZES, 0).solution == [0, 1, 2]
    assert claimed(tmp_path, text, PRIZES, 1).solution == [0, 1]
    assert claimed(tmp_path, text + "Score 5\n", PRIZES).solution == [0, 1]  # its worth tells


def test_items_of_our_own_files_count_from_0_unless_their_value_says_otherwise(tmp_path):
    assert claimed(tmp_path, "Items: 0 1\nValue 11\n", ITEMS).solution == [0, 1]
    assert claimed(tmp_path, "Items: 1\nValue 6\n", ITEMS).solution == [1]
    assert claimed(tmp_path, "Items: 1\n", ITEMS).solution == [1]
    assert claimed(tmp_path, "Items: 1 3\n", ITEMS).solution == [0, 2]  # there is no item 3
    with pytest.raises(InstanceError, match="--ids-from"):
        claimed(tmp_path, "Items: 1\nValue 5\n", ITEMS)


def test_an_unrounded_cost_is_named_as_such(tmp_path):
    unrounded = CVRPInstance("u", [0, 4, 4, 4], 10, [(0, 0), (1, 1), (2, 1), (5, 3)], "EUC_2D")
    text = "Route #1: 1 2\nRoute #2: 3\nCost 16.31\n"  # 1.414 + 1 + 2.236 + 2 * 5.831
    fault = verdict(unrounded, claimed(tmp_path, text, unrounded))["fault"]
    assert "has 16 (its unrounded cost is 16.31218533; write EDGE_WEIGHT_TYPE : EXACT_2D)" in fault
