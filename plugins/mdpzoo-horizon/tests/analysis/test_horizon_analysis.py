"""The analysis against published numbers, closed forms, and a second implementation in dense arrays."""

import json
import math

import gymnasium
import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import combination_lock, effective_horizon, random_mdp, read_model, sticky

BRIDGE = [("freeway_10_fs30", 10), ("maze_easy_l0_30_fs1", 30)]  # the files do not say the horizon


def published(data, name, suffix):
    return json.loads((data / "bridge" / name / f"consolidated_{suffix}.json").read_text())


def finite(numbers):
    return [math.inf if each is None else each for each in numbers]  # JSON has no infinity


@pytest.mark.parametrize(("name", "horizon"), BRIDGE)
def test_every_published_number_of_the_bridge_models_is_reproduced(data, name, horizon):
    found = effective_horizon(data / "bridge" / name / "consolidated.npz", horizon)
    told = published(data, name, "analyzed")
    results = told["effective_horizon_results"]
    assert (found.min_k, found.epw) == (told["min_k"], told["epw"])
    assert list(found.samples) == results["ms"]
    assert list(range(1, len(found.samples) + 1)) == results["ks"]
    assert found.effective_horizon == told["effective_horizon"] == results["effective_horizon"]
    assert found.gaps == pytest.approx(finite(results["gaps"]), rel=0, abs=1e-9)
    assert found.variances == pytest.approx(results["vars"], rel=0, abs=1e-9)
    names = ("state_occupancy", "sum_state_occupancy", "state_action_occupancy", "sum_state_action_occupancy")
    rarest = [told["min_occupancy_results"][f"min_{each}"] for each in names]
    assert found.rarest_visits == pytest.approx(rarest, rel=0, abs=1e-15)


@pytest.mark.parametrize(("name", "horizon"), BRIDGE)
def test_every_published_number_of_the_sticky_bridge_models_is_reproduced(data, name, horizon):
    model = sticky(read_model(data / "bridge" / name / "consolidated.npz"), 0.25)
    found = effective_horizon(model, horizon)
    told = published(data, name, "analyzed_sticky_0.25")
    assert (found.num_states, found.min_k, found.epw) == (told["num_states"], told["min_k"], told["epw"])
    assert found.greedy_returns == pytest.approx(told["greedy_returns"], rel=0, abs=1e-9)
    for each in ("optimal_return", "random_return", "worst_return"):
        assert getattr(found, each) == pytest.approx(told[each], rel=0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "horizon", "states", "optimal", "random"),
    [
        ("freeway_10_fs30", 10, 197, 1, 0.00902640180189334),
        ("maze_easy_l0_30_fs1", 30, 244, 10, 6.09554321470118),  # 243 and the end, which an episode can go on in
    ],
)
def test_the_returns_of_the_bridge_models_are_those_of_the_authors(data, name, horizon, states, optimal, random):
    found = effective_horizon(data / "bridge" / name / "consolidated.npz", horizon)
    assert (found.num_states, found.optimal_return, found.worst_return) == (states, optimal, 0)
    assert found.random_return == pytest.approx(random, rel=0, abs=1e-14)


def frozen_lake(slippery):
    return gymnasium.make("FrozenLake-v1", is_slippery=slippery)


@pytest.mark.parametrize(
    ("model", "horizon", "optimal", "random", "lookaheads"),
    [
        (lambda: frozen_lake(False), 20, 1, 0.0124448243, (1, 1, 6)),
        (lambda: "CliffWalking-v1", 50, -13, -579.15884606, (11, 11, 14)),  # values as large as 5000
        (lambda: "Taxi-v4", 30, 7.93, -118.12586617, (16, 15, 18)),  # 300 starts
        (random_mdp, 15, 13.10720293, 7.63641716, (5, 3, 6)),
        (lambda: random_mdp(reward_density=0.02), 15, 3.54830745, 0.2993890861, (8, 4, 8)),
    ],
    ids=["frozen lake", "cliff walking", "taxi", "random", "sparse random"],
)
def test_the_measured_environments_come_out_as_measured(model, horizon, optimal, random, lookaheads):
    found = effective_horizon(model(), horizon)
    assert (found.min_k, found.min_k_tolerance, found.epw) == lookaheads
    assert found.optimal_return == pytest.approx(optimal, rel=1e-8)
    assert found.random_return == pytest.approx(random, rel=1e-8)
    assert found.min_k_bitwise == found.min_k
    assert found.warnings == ()


def test_slippery_ice_needs_little_lookahead_for_one_percent_and_much_for_the_rest():
    found = effective_horizon(frozen_lake(True), 50)
    assert found.optimal_return == pytest.approx(0.5459086653, abs=1e-10)
    assert found.random_return == pytest.approx(0.0139351986, abs=1e-10)
    assert found.min_k_tolerance == 1
    assert found.min_k > 30
    assert found.samples is found.effective_horizon is None  # the simple bound is for deterministic models


def test_looking_further_ahead_can_be_worse():
    found = effective_horizon(random_mdp(), 15)
    np.testing.assert_allclose(found.greedy_returns[:3], [12.918, 13.0412, 13.1072], atol=5e-5)
    found = effective_horizon(random_mdp(reward_density=0.02), 15)
    np.testing.assert_allclose(found.greedy_returns[:3], [3.5138, 3.5008, 3.5061], atol=5e-5)


@pytest.mark.parametrize(("actions", "horizon"), [(2, 4), (2, 12), (3, 6), (4, 6), (2, 40)])
def test_the_lock_has_its_closed_forms(actions, horizon):
    found = effective_horizon(combination_lock(horizon, actions, seed=1), horizon)
    assert (found.optimal_return, found.min_k, found.min_k_tolerance, found.epw) == (1, 1, 1, horizon)
    assert found.random_return == pytest.approx(actions**-horizon, rel=1e-12)
    for k, (gap, count) in enumerate(zip(found.gaps, found.samples, strict=True), 1):
        # the first action is followed by T - k others that are right by chance
        assert gap == (pytest.approx(float(actions) ** (k - horizon), rel=1e-12) if k < horizon else math.inf)
        bound = math.ceil(16 * actions ** (horizon - k) * math.log(2 * horizon * actions**k)) if k < horizon else 1
        assert count == pytest.approx(bound, rel=1e-12)
    # k + log_A(1 / gap^2) = 2 T - k, the least of which is at k = T
    assert found.stochastic_effective_horizon == pytest.approx(horizon)
    assert found.warnings == ()  # a gap of 2^-39 is as large as the values that it is between


def dense(model, horizon, policy):
    """The definitions written down in arrays ``[T, S, A]``: Q of the best, the exploring and the worst policy."""
    law, rewards = model.to_arrays()
    law[model.terminal] = 0
    mean = (law * rewards).sum(2)
    q = np.zeros((3, horizon + 1, *mean.shape))
    for t in range(horizon - 1, -1, -1):
        following = (q[0, t + 1].max(1), (policy[(t + 1) % horizon] * q[1, t + 1]).sum(1), q[2, t + 1].min(1))
        for which in range(3):
            q[which, t] = mean + law @ following[which]
    return law, mean, *q


def dense_lookaheads(model, horizon, law, mean, best, iterate, loss):
    """For each k: whether it solves, the gap before the last k steps, the greedy return."""
    answers = []
    for k in range(1, horizon + 1):
        greedy = clear = model.start > 0
        solves, gap, worst = True, math.inf, np.zeros(model.num_states)
        for t in range(horizon):
            bad = best[t] < best[t].max(1, keepdims=True) - loss
            chosen = iterate[t] >= iterate[t].max(1, keepdims=True) - 1e-9
            solves &= not (greedy[:, None] & chosen & bad).any()
            bar = np.where(bad, iterate[t], -np.inf).max(1)
            if t < horizon - k:
                gap = min(gap, (iterate[t].max(1) - bar)[clear].min(initial=math.inf))
            greedy = law[greedy[:, None] & chosen].sum(0) > 0
            clear = law[clear[:, None] & (iterate[t] > bar[:, None])].sum(0) > 0
        for t in range(horizon - 1, -1, -1):
            chosen = iterate[t] >= iterate[t].max(1, keepdims=True) - 1e-9
            worst = np.where(chosen, mean + law @ worst, np.inf).min(1)
        answers.append((solves, gap, model.start @ worst))
        following = np.array([iterate[t + 1].max(1) if t + 1 < horizon else 0 * worst for t in range(horizon)])
        iterate = np.array([mean + law @ each for each in following])
    return answers


def drawn_model(generator):
    """Small models of every kind: deterministic or not, with ends, several starts and rewards of both signs."""
    states, actions = int(generator.integers(2, 9)), int(generator.integers(1, 4))
    law = generator.dirichlet(np.full(states, 0.3), (states, actions))
    law[law < 0.1] = 0
    if generator.random() < 0.4:
        law = np.eye(states)[law.argmax(2)]
    law /= law.sum(2, keepdims=True)
    rewards = generator.integers(-2, 3, law.shape) * (generator.random(law.shape) < 0.5)
    start = np.eye(states)[0] if generator.random() < 0.5 else generator.dirichlet(np.ones(states))
    terminal = generator.random(states) < 0.2
    terminal[0] = False
    return TabularMDP.from_arrays(law, rewards.astype(float), start, terminal)


@pytest.mark.parametrize("seed", range(30))
def test_the_compiled_analysis_is_the_definitions(seed):
    generator = np.random.default_rng(seed)
    model, horizon = drawn_model(generator), int(generator.integers(1, 8))
    policy = generator.dirichlet(np.ones(model.num_actions), (horizon, model.num_states))
    law, mean, best, explored, worst = dense(model, horizon, policy)
    found = effective_horizon(model, horizon, policy, loss=1e-6)
    assert found.optimal_return == pytest.approx(model.start @ best[0].max(1), abs=1e-12)
    assert found.random_return == pytest.approx(model.start @ (policy[0] * explored[0]).sum(1), abs=1e-12)
    assert found.worst_return == pytest.approx(model.start @ worst[0].min(1), abs=1e-12)
    answers = dense_lookaheads(model, horizon, law, mean, best, explored, 1e-6)
    assert found.min_k == 1 + [solves for solves, _, _ in answers].index(True)
    for gap, worth, (_, true_gap, true_worth) in zip(found.gaps, found.greedy_returns, answers, strict=False):
        assert gap == pytest.approx(true_gap, abs=1e-9)
        assert worth == pytest.approx(true_worth, abs=1e-9)
    alone = dense_lookaheads(model, horizon, law, mean, best, np.repeat(mean[None], horizon, 0), 1e-6)
    assert found.epw == 1 + [solves for solves, _, _ in alone].index(True)


def test_the_three_forms_of_an_exploration_policy_say_the_same():
    model = random_mdp(num_states=6, num_actions=3)
    law = np.array([0.5, 0.3, 0.2])
    forms = law, np.tile(law, (6, 1)), np.tile(law, (7, 6, 1))
    returns = {effective_horizon(model, 7, each).random_return for each in forms}
    assert len(returns) == 1
    assert returns != {effective_horizon(model, 7).random_return}


def test_a_policy_of_32_bits_is_scaled_to_sum_to_one(data):
    model = read_model(data / "bridge" / "freeway_10_fs30" / "consolidated.npz")
    thirds = np.full((10, model.num_states, 3), 1 / 3, np.float32)  # sums to 1 + 3e-8
    assert effective_horizon(model, 10, thirds).random_return == pytest.approx(0.00902640180189334, rel=1e-13)


@pytest.mark.parametrize(
    "wrong",
    [
        np.full(3, 0.4),  # sums to 1.2
        np.full((4, 6, 3), 1 / 3),  # 4 steps where 7 are asked for
        np.full((5, 3), 1 / 3),  # 5 states of 6
        np.array([1.5, -0.5, 0.0]),  # sums to 1
        np.full(3, np.nan),
    ],
)
def test_what_is_no_exploration_policy_is_refused(wrong):
    with pytest.raises(SettingError, match="exploration must"):
        effective_horizon(random_mdp(num_states=6, num_actions=3), 7, wrong)


def test_what_stands_in_the_rows_of_terminal_states_changes_nothing():
    drawn = map(drawn_model, map(np.random.default_rng, range(100)))
    model = next(each for each in drawn if each.terminal.any() and each.num_actions > 1)
    ends = np.repeat(np.repeat(model.terminal, model.num_actions), np.diff(model.offsets))
    arrays = {each: getattr(model, each) for each in ("offsets", "successors", "probabilities", "start", "terminal")}
    other = TabularMDP(rewards=np.where(ends, 77.0, model.rewards), **arrays)
    assert effective_horizon(other, 6) == effective_horizon(model, 6)
