"""The capitals: facts that can be checked without a map."""

import numpy as np
import pytest

from mdpzoo_combinatorial.instances.cities import (
    BEST_KNOWN_CAPITALS_KM,
    BEST_KNOWN_CAPITALS_TOUR,
    CAPITALS,
    us_capitals,
)
from mdpzoo_combinatorial.local_search.symmetric_search import iterated_local_search


def node(name):
    return [city.name for city in CAPITALS].index(name)


def test_there_are_48_capitals_in_48_states_within_the_contiguous_country():
    assert len({city.state for city in CAPITALS}) == len({city.name for city in CAPITALS}) == 48
    assert all(24.5 < city.latitude < 49.4 and -124.8 < city.longitude < -66.9 for city in CAPITALS)
    assert not {city.state for city in CAPITALS} & {"AK", "HI", "DC"}


@pytest.mark.parametrize(("a", "b", "kilometres"), [
    ("Boston", "Providence", 66),  # 41 miles
    ("Denver", "Cheyenne", 157),  # 97 miles
    ("Sacramento", "Carson City", 163),  # 101 miles
    ("Boston", "Sacramento", 4_250),  # across the continent
])  # fmt: skip
def test_distances_between_capitals_are_those_of_a_map(a, b, kilometres):
    assert us_capitals().distance(node(a), node(b)) == pytest.approx(kilometres, rel=0.03)


def test_the_best_known_tour_has_its_length_and_the_search_finds_it_again():
    instance = us_capitals()
    assert instance.objective(BEST_KNOWN_CAPITALS_TOUR) == pytest.approx(BEST_KNOWN_CAPITALS_KM, abs=1e-6)
    start = np.random.default_rng(1).permutation(48)
    _, length = iterated_local_search(instance.distance_matrix(), iterations=5_000, seed=1, start=start)
    assert length == pytest.approx(BEST_KNOWN_CAPITALS_KM, abs=1e-6)
