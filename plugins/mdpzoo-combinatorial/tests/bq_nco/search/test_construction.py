"""Construction of the smallest instances: one node leaves nothing to choose."""

import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("name", ["TSP", "ATSP"])
def test_tours_of_one_or_two_nodes_are_constructed_without_the_network(name, size):
    problem, batch = PROBLEMS[name], batch_of(generate(name, 3, size, 0))
    built = construct(Chooser(problem, None, True), batch, problem.start(batch))
    assert torch.equal(built.actions, torch.ones(3, size - 1, dtype=torch.int64))
    assert built.complete
