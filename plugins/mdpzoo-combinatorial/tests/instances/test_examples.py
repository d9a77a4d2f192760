"""Example instances: the ones that pages and commands name, the same on every machine."""

import pytest

from mdpzoo.errors import UnknownNameError
from mdpzoo_combinatorial.instances.examples import EXAMPLES, PREFIX, example


def test_examples_are_what_pages_show():
    capitals, streets, deliveries, sights, luggage = map(example, EXAMPLES)
    assert len(capitals.names) == capitals.num_nodes == 48
    assert streets.matrix.shape == (30, 30)
    assert streets.matrix[0, 1:3].tolist() == [0.151252, 0.14416]
    assert (deliveries.num_nodes, deliveries.capacity, deliveries.demands[1:5].tolist()) == (41, 40, [7, 2, 8, 1])
    assert (sights.num_nodes, sights.limit, sights.prizes[1:4].tolist()) == (41, 3.0, [0.38, 0.58, 0.64])
    assert (len(luggage.values), luggage.capacity, luggage.values[:3].tolist()) == (50, 12_500, [684, 788, 192])


def test_an_example_is_named_with_or_without_its_prefix():
    assert example(f"{PREFIX}sights").prizes.tolist() == example("sights").prizes.tolist()
    with pytest.raises(UnknownNameError, match="sights"):
        example("sight")
