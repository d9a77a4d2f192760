"""What is known of the evaluations' instances: no agent does better, and an exact solver does as well."""

import pytest

import mdpzoo
from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo.experiments.truths.paired import mean_return

SEEDS, EPISODES = [5, 6], 3


def known(environment, **settings):
    return find_truth(Question(environment, settings, seeds=SEEDS, episodes=EPISODES, steps=10))


def earned(agent, environment, **settings):
    return mean_return(lambda envs: mdpzoo.make_agent(agent, envs, seed=0), environment, settings, SEEDS, EPISODES)


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize(
    ("id", "settings", "exact"),
    [
        ("mdpzoo/TSP-v0", {"num_nodes": 7}, False),
        ("mdpzoo/Knapsack-v0", {"num_items": 8}, True),
        ("mdpzoo/CVRP-v0", {"num_customers": 6}, False),
    ],
)
def test_the_best_known_return_is_paired_with_the_evaluations(id, settings, exact, form):
    found = known(id, form=form, **settings)
    assert (found.criterion, found.exact) == ("return", exact)
    assert found.random == pytest.approx(earned("random", id, form=form, **settings))
    assert found.random <= found.optimum
    agent = {"mdpzoo/Knapsack-v0": "dynamic-programming", "mdpzoo/TSP-v0": "farthest-insertion"}.get(id, "savings")
    other = earned(agent, id, form=form, **settings)
    assert other == pytest.approx(found.optimum) if exact else other <= found.optimum + 1e-9
    assert (found.high is None) != exact


def test_it_is_the_same_every_time():
    assert known("mdpzoo/TSP-v0", num_nodes=9) == known("mdpzoo/TSP-v0", num_nodes=9)


def test_seven_nodes_are_solved_to_the_optimum():
    from itertools import permutations

    import numpy as np

    from mdpzoo.experiments.evaluations import evaluation_envs

    lengths = []
    for seed in SEEDS:
        envs = evaluation_envs("mdpzoo/TSP-v0", {"num_nodes": 7}, seed, EPISODES)
        for places in envs.reset()["coordinates"].astype(float):
            tours = np.array([(0, *rest, 0) for rest in permutations(range(1, 7))])
            lengths.append(np.linalg.norm(np.diff(places[tours], axis=1), axis=2).sum(1).min())
    assert known("mdpzoo/TSP-v0", num_nodes=7).optimum == pytest.approx(-np.mean(lengths), abs=1e-5)
