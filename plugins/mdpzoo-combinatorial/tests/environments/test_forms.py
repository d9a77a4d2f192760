"""Both forms on tensors against rules written out a third time, on lists: choices, rewards, remainders and ends."""

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial.environments.atsp import build_atsp
from mdpzoo_combinatorial.environments.cvrp import build_cvrp
from mdpzoo_combinatorial.environments.direct import flags
from mdpzoo_combinatorial.environments.knapsack import build_knapsack
from mdpzoo_combinatorial.environments.orienteering import build_orienteering
from mdpzoo_combinatorial.environments.tsp import build_tsp
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, KnapsackInstance, OPInstance, TSPInstance

POINTS = np.random.default_rng(8).integers(0, 50, (7, 2)).astype(float)
COSTS = np.random.default_rng(9).integers(1, 40, (7, 7)).astype(float) * (1 - np.eye(7))
PROBLEMS = {
    "TSP": (build_tsp, TSPInstance("points", POINTS, "EUC_2D")),
    "ATSP": (build_atsp, ATSPInstance("costs", COSTS)),
    "CVRP": (build_cvrp, CVRPInstance("routes", [0, 4, 3, 5, 2, 4, 1], 8, POINTS, "EUC_2D")),
    "OP": (build_orienteering, OPInstance("prizes", [0, 4, 3, 5, 2, 4, 6], 90, POINTS, "EUC_2D")),
    "Knapsack": (build_knapsack, KnapsackInstance("items", [5, 4, 3, 6, 2, 1, 7], [1, 2, 3, 4, 5, 6, 3], 11)),
}
NOTHING = torch.empty(1, 0)


class Written:
    """A partial solution as lists, and what the problem's definition says about the next choice."""

    def __init__(self, name, instance):
        self.name, self.one, self.current, self.chosen = name, instance, 0, []
        self.routed = name != "Knapsack"
        self.left = list(range(int(self.routed), 7))
        self.resource = {"CVRP": 8, "OP": 90, "Knapsack": 11}.get(name, 0)

    def far(self, a, b):
        return float(self.one.distance(a, b))

    def legal(self):
        """Pairs of a token and a way: 1 is by way of the depot."""
        if self.name == "CVRP":
            direct = [(each, 0) for each in self.left if self.one.demands[each] <= self.resource]
            return direct + [(each, 1) for each in self.left if self.current]
        if self.name == "OP":
            return [(t, 0) for t in self.left if self.far(self.current, t) + self.far(t, 0) <= self.resource]
        if self.name == "Knapsack":
            return [(t, 0) for t in self.left if self.one.weights[t] <= self.resource]
        return [(each, 0) for each in self.left]

    def choose(self, token, way):
        """Chooses; returns the reward and whether nothing is left to choose."""
        before = self.current
        reward = 0.0
        if self.name == "Knapsack":
            reward = self.one.values[token]
            self.resource -= self.one.weights[token]
        elif self.name == "OP":
            reward = self.one.prizes[token]
            self.resource -= self.far(before, token)
        else:
            reward = -(self.far(before, 0) + self.far(0, token) if way else self.far(before, token))
        if self.name == "CVRP":
            self.resource = (8 if way else self.resource) - self.one.demands[token]
        self.left.remove(token)
        self.current = token
        self.chosen.append((token, way))
        ended = not self.legal()
        if ended and self.name in ("TSP", "ATSP", "CVRP"):
            reward -= self.far(token, 0)
        return reward, ended


def games(name):
    """Twelve random games: the lists beside both forms, before each choice."""
    build, instance = PROBLEMS[name]
    direct, path = build(form="direct", instance=instance), build(form="bq", instance=instance)
    for seed in range(12):
        generator = np.random.default_rng(seed)
        draws = torch.zeros(1, direct.initial_draws, dtype=torch.float64)
        yield Written(name, instance), (direct, direct.initial(draws)), (path, path.initial(draws)), generator


def actions(written, token, way, variants):
    """The choice as an action of each form."""
    return variants * token + way, variants * (written.routed + written.left.index(token)) + way


@pytest.mark.parametrize("name", PROBLEMS)
def test_both_forms_play_what_is_written_out(name):
    for written, (direct, state), (path, rest), generator in games(name):
        ended = False
        variants = direct.rules.action_variants
        while not ended:
            legal = written.legal()
            for form, held, which in ((direct, state, 0), (path, rest, 1)):
                allowed = sorted(actions(written, *each, variants)[which] for each in legal)
                assert form.action_mask(held)[0].nonzero()[:, 0].tolist() == allowed
            assert state.visited[0].logical_not().nonzero()[:, 0].tolist() == written.left
            assert state.resource.item() == rest.resource.item() == written.resource
            assert rest.remaining.item() == len(written.left)
            assert direct.actions_so_far(state).tolist() == [variants * token + way for token, way in written.chosen]
            if written.routed:
                assert state.current.item() == written.current
                assert state.cost[0].tolist() == [written.far(written.current, each) for each in range(7)]
                length = len(written.left) + 2
                assert rest.node[0, :length].tolist() == [written.current, *written.left, 0]
                assert rest.cost[0, 1 : length - 1].tolist() == state.cost[0, written.left].tolist()
                assert not rest.node[0, length:].any()
                assert not rest.tokens[0, :, length:].any()
            token, way = legal[generator.integers(len(legal))]
            both = actions(written, token, way, variants)
            reward, ended = written.choose(token, way)
            one = direct.step(state, torch.tensor([both[0]]), NOTHING)
            two = path.step(rest, torch.tensor([both[1]]), NOTHING)
            for outcome in (one, two):
                assert outcome.reward.item() == reward
                assert outcome.terminated.item() == ended
                assert not outcome.illegal.item()
            state, rest = one.state, two.state


@pytest.mark.parametrize("name", PROBLEMS)
def test_an_illegal_choice_ends_the_row_where_it_stands(name):
    for written, (direct, state), (path, rest), generator in games(name):
        token, way = written.legal()[generator.integers(len(written.legal()))]
        both = actions(written, token, way, direct.rules.action_variants)
        held = [direct.step(state, torch.tensor([both[0]]), NOTHING).state]
        held.append(path.step(rest, torch.tensor([both[1]]), NOTHING).state)
        for form, now, action in ((direct, held[0], both[0]), (path, held[1], -1), (direct, held[0], 10**6)):
            outcome = form.step(now, torch.tensor([action]), NOTHING)  # the same token again, or none that there is
            assert outcome.illegal.item()
            assert outcome.terminated.item()
            for before, after in zip(now, outcome.state, strict=True):
                assert torch.equal(before, after)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("form", ["direct", "bq"])
def test_rows_of_a_batch_do_not_depend_on_each_other(name, form):
    build, _ = PROBLEMS[name]
    size = {"OP": "num_customers", "CVRP": "num_customers", "Knapsack": "num_items"}.get(name, "num_nodes")
    problem = build(form=form, **{size: 6})
    draws = torch.from_numpy(np.random.default_rng(0).random((5, problem.initial_draws)))
    many, alone = problem.initial(draws), problem.initial(draws[3:4])
    for _ in range(3):
        for every, own in zip(many, alone, strict=True):
            assert torch.equal(every[3:4], own)
        action = many.legal.int().argmax(1)
        many = problem.step(many, action, torch.empty(5, 0)).state
        alone = problem.step(alone, action[3:4], NOTHING).state


def test_flags_are_truth_values_for_sb3():
    space = flags(3)
    assert np.ones(3, bool) in space
    assert np.ones(4, bool) not in space
