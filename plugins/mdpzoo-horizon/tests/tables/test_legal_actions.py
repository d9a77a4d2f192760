"""Tables of environments with action masks, and how many states are looked for."""

import itertools
import subprocess
import sys

import pytest

import mdpzoo
from mdpzoo_horizon import effective_horizon
from mdpzoo_horizon.tables.environment_tables import table_of


def test_illegal_actions_are_not_played_and_exploration_draws_legal_ones_only():
    table = table_of(mdpzoo.make("mdpzoo/TSP-v0", num_nodes=4))
    # partial tours that begin at node 0: 1 with one node, 3 with two, 6 with three; the fourth node ends the episode
    assert table.model.num_states == 1 + 3 + 6 + 1
    assert table.legal.sum(1).tolist() == [3, *[2] * 3, *[1] * 6, 4]
    rows = table.model.successors.reshape(-1, 4)
    for state, legal in enumerate(table.legal):
        assert (rows[state][~legal] == rows[state][legal.argmax()]).all()  # as the lowest legal action
    report = effective_horizon(mdpzoo.make("mdpzoo/TSP-v0", num_nodes=4), 3)
    # the six tours are three, each in both directions: the optimum is at most their mean, which exploration earns
    lengths = sorted(six_tours())
    assert report.optimal_return == pytest.approx(-lengths[0], rel=1e-6)
    assert report.random_return == pytest.approx(-sum(lengths) / 6, rel=1e-6)


def six_tours():
    """The lengths of all tours through the four nodes of the first episode."""
    env = mdpzoo.make("mdpzoo/TSP-v0", num_nodes=4)
    for order in itertools.permutations([1, 2, 3]):
        env.reset(seed=0)
        yield -sum(env.step(node)[1] for node in order)


def test_an_environment_of_too_many_states_names_the_option():
    done = subprocess.run(
        [sys.executable, "-m", "mdpzoo", "horizon", "mdpzoo/TSP-v0", "--env-set", "num_nodes=6", "--max-states", "10"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "more than 10 states; give a larger --max-states" in done.stderr
