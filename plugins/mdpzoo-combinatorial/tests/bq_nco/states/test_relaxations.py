"""Probabilities of arcs, by enumeration and by the symmetries of assignments."""

from itertools import permutations, product

import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.states.relaxations import arc_probabilities


def costs_of(count, nodes, seed=3):
    return torch.rand(count, nodes + 2, nodes + 2, generator=torch.Generator().manual_seed(seed))


def assignments(nodes):
    """Lists the arcs of all assignments: origin 0 and nodes 2, 3, ... to destination 1 and nodes."""
    tails, heads = [0, *range(2, nodes + 2)], [1, *range(2, nodes + 2)]
    for order in permutations(heads):
        arcs = list(zip(tails, order, strict=True))
        if (0, 1) not in arcs and all(tail != head for tail, head in arcs):
            yield arcs


def test_fractions_and_weights_are_those_of_cheapest_assignments():
    compared = 0
    for costs in costs_of(100, 5):
        fraction, weight, _ = (each[0] for each in arc_probabilities(costs.unsqueeze(0), None))
        totals = sorted((float(sum(costs[arc] for arc in arcs)), arcs) for arcs in assignments(5))
        if totals[1][0] - totals[0][0] < 0.2:  # the smooth assignment lies between them
            continue
        best = torch.zeros_like(fraction, dtype=torch.bool)
        best[tuple(zip(*totals[0][1], strict=True))] = True
        assert fraction[best].min() > 0.5 > fraction[~best].max()
        assert weight[best].min() > weight[~best].max()
        compared += 1
    assert compared >= 5


@pytest.mark.parametrize("nodes", [2, 5, 40])
def test_each_node_has_one_successor_and_one_predecessor(nodes):
    fraction, _, tree = arc_probabilities(costs_of(8, nodes), None)
    one, none = torch.ones(8, nodes + 1), torch.zeros(8)
    torch.testing.assert_close(fraction.sum(1)[:, 1:], one, atol=1e-4, rtol=0)
    torch.testing.assert_close(fraction.sum(2)[:, [0, *range(2, nodes + 2)]], one, atol=0.05, rtol=0)
    torch.testing.assert_close(tree.sum(1)[:, 1:], one, atol=1e-5, rtol=0)
    for each in (fraction, tree):
        torch.testing.assert_close(each.sum(1)[:, 0], none)
        torch.testing.assert_close(each.sum(2)[:, 1], none)


def test_constants_of_rows_and_the_unit_of_costs_do_not_matter():
    costs = costs_of(6, 9)
    moved = 40.0 * (costs + costs_of(6, 9, seed=4)[:, :, :1])
    for one, other in zip(arc_probabilities(costs, None), arc_probabilities(moved, None), strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=0)


def test_probabilities_of_arborescences_are_those_of_all_arborescences():
    """Every token but the origin has one predecessor; without a cycle, the choices form an arborescence."""
    fraction, _, tree = (each[0].double() for each in arc_probabilities(costs_of(1, 3), None))
    total, found = 0.0, torch.zeros_like(tree)
    for parents in product((0, 2, 3, 4), repeat=4):
        arcs = list(zip(parents, (1, 2, 3, 4), strict=True))
        if any(reached_from(arcs, head) != 0 for _, head in arcs):
            continue
        probability = float(torch.stack([fraction[arc] for arc in arcs]).prod())
        total += probability
        for arc in arcs:
            found[arc] += probability
    torch.testing.assert_close(tree, found / total, atol=1e-5, rtol=0)


def reached_from(arcs, token):
    """Follows predecessors to the origin, or into a cycle."""
    before = {head: tail for tail, head in arcs}
    for _ in arcs:
        token = before.get(token, token)
    return token


@pytest.mark.parametrize("size", [4, 12])
def test_padding_changes_nothing(size):
    costs = torch.tensor(generate("ATSP", 1, size, 0)[0].distance_matrix()).float().unsqueeze(0)
    padded = torch.nn.functional.pad(costs, (0, 3, 0, 3), value=7.0)
    valid = torch.arange(size + 3).unsqueeze(0) < size
    for alone, beside in zip(arc_probabilities(costs, None), arc_probabilities(padded, valid), strict=True):
        torch.testing.assert_close(beside[:, :size, :size], alone, atol=1e-5, rtol=0)
        assert not beside[:, size:].any()
        assert not beside[:, :, size:].any()


@pytest.mark.parametrize("value", [0.0, 1.0, 1e12])
def test_equal_costs_make_all_arcs_equally_likely(value):
    fraction, weight, tree = (each[0] for each in arc_probabilities(torch.full((1, 6, 6), value), None))
    ways = fraction[2:, 2:][~torch.eye(4, dtype=torch.bool)]
    torch.testing.assert_close(ways, ways[:1].expand_as(ways))
    assert all(bool(each.isfinite().all()) for each in (fraction, weight, tree))


def test_a_state_without_remaining_nodes_beside_others_has_no_arcs():
    valid = torch.ones(2, 6, dtype=torch.bool)
    valid[0, 2:] = False
    for each in arc_probabilities(costs_of(2, 4), valid):
        assert not each[0].any()
        assert each[1].any()
