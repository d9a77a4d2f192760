"""Sources of local optima: the gains that they count, and the tours of the instance's own nodes."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.edge_assembly import local_optima
from mdpzoo_combinatorial.local_search.edge_assembly.local_optima import AsymmetricOptima, SymmetricOptima
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY

COSTS = np.random.default_rng(0).random((14, 14)) * (1 - np.eye(14))
KINDS = [(SymmetricOptima, COSTS + COSTS.T), (AsymmetricOptima, COSTS)]


@pytest.mark.parametrize(("kind", "costs"), KINDS)
def test_the_smallest_gain_is_above_rounding_and_far_below_an_edge(kind, costs):
    for scale in (1.0, 1e6):
        assert 1e-14 < kind(scale * costs).epsilon / (scale * costs.max()) < 1e-9


@pytest.mark.parametrize(("kind", "costs"), KINDS)
def test_drawn_tours_visit_every_node_and_are_shorter_than_random_ones(kind, costs):
    optima, rng = kind(costs), np.random.default_rng(1)
    drawn = [optima.order(optima.draw(rng, Budget())) for _ in range(20)]
    assert all(sorted(order) == list(range(14)) for order in drawn)
    lengths = [costs[order, np.roll(order, -1)].sum() for order in drawn]
    random = [costs[order, np.roll(order, -1)].sum() for order in (rng.permutation(14) for _ in range(20))]
    assert max(lengths) < min(random)


@pytest.mark.parametrize(
    ("places", "used"), [(EMPTY, "candidates"), (np.random.default_rng(0).random((14, 2)), "in_quadrants")]
)
def test_nodes_with_places_have_candidates_in_all_quadrants(monkeypatch, places, used):
    called = []
    for name in ("candidates", "in_quadrants"):
        function = getattr(local_optima, name)
        monkeypatch.setattr(
            local_optima, name, lambda *args, name=name, function=function: called.append(name) or function(*args)
        )
    SymmetricOptima(COSTS + COSTS.T, places)
    assert called == [used]
