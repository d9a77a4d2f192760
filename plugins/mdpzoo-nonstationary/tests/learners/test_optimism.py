import numpy as np
import pytest
from scipy.optimize import linprog

from mdpzoo.planning import solve_average
from mdpzoo_nonstationary.environments.random_switches import random_switch
from mdpzoo_nonstationary.learners.optimism import box_maximum, kl_maximum, l1_maximum, plan, supported_maximum
from mdpzoo_nonstationary.learners.records import BERNSTEIN, KL, L1, Sets


def problem(seed):
    """A centre, values and their ranking for 2 to 4 states; every third centre has a state never seen."""
    generator = np.random.default_rng(seed)
    states = int(generator.integers(2, 5))
    centre = generator.dirichlet(np.full(states, 0.7))
    if seed % 3 == 0:
        centre[generator.integers(states)] = 0.0
        centre /= centre.sum()
    values = generator.random(states) * 3
    return generator, centre, values, np.argsort(-values, kind="stable")


@pytest.mark.parametrize("seed", range(30))
def test_the_l1_maximum_is_the_linear_programs(seed):
    generator, centre, values, ranking = problem(seed)
    radius, n = generator.random() * 2.2, len(centre)
    # max p u over p, z: sum p = 1, |p - centre| <= z, sum z <= radius
    upper = np.block([[np.eye(n), -np.eye(n)], [-np.eye(n), -np.eye(n)], [np.zeros((1, n)), np.ones((1, n))]])
    limits = np.concatenate([centre, -centre, [radius]])
    equal = np.concatenate([np.ones(n), np.zeros(n)])[None]
    found = linprog(np.concatenate([-values, np.zeros(n)]), upper, limits, equal, [1.0], bounds=(0, None))
    assert l1_maximum(centre, radius, values, ranking) == pytest.approx(-found.fun, abs=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_the_box_maximum_is_the_linear_programs(seed):
    generator, centre, values, ranking = problem(seed)
    low, high = np.maximum(centre - generator.random(len(centre)), 0), np.minimum(centre + generator.random(), 1)
    found = linprog(-values, A_eq=np.ones((1, len(centre))), b_eq=[1.0], bounds=list(zip(low, high, strict=True)))
    assert box_maximum(low, high, values, ranking) == pytest.approx(-found.fun, abs=1e-9)


def support_problem(seed):
    """Boxes as UCRL3 has them: all states that were never seen have the same one, from 0."""
    generator, centre, values, _ = problem(seed)
    values -= values.min()
    seen = centre > 0
    low, high = np.maximum(centre - 0.2, 0) * seen, np.where(seen, np.minimum(centre + 0.3, 1), 0.25)
    return generator, centre, low, high, values, np.argsort(-values, kind="stable")


@pytest.mark.parametrize("seed", range(30))
def test_a_restricted_support_is_as_small_as_its_slack_allows(seed):
    generator, centre, low, high, values, ranking = support_problem(seed)
    slack, order = generator.random() * 0.5, [k for k in ranking if centre[k] == 0]
    for joined in range(len(order) + 1):
        members = np.isin(np.arange(len(centre)), order[:joined]) | (centre > 0)
        # the linear program over the members; mass may be left over, for the worst state, whose value is 0
        bounds = [(0, 0) if not inside else (a, b) for inside, a, b in zip(members, low, high, strict=True)]
        best = -linprog(-values, A_ub=np.ones((1, len(centre))), b_ub=[1.0], bounds=bounds).fun
        if (high * values)[~members].sum() <= min(slack * values.max(), best) + 1e-12:
            break
    assert supported_maximum(centre, slack, low, high, values, ranking) == pytest.approx(best, abs=1e-9)


def test_unseen_successors_stay_out_once_they_can_add_little():
    centre, values, ranking = np.array([0.5, 0.5, 0.0]), np.array([0.0, 1.0, 2.0]), np.array([2, 1, 0])
    low, high = np.array([0.4, 0.4, 0.0]), np.array([0.6, 0.6, 0.1])
    # 0.1 of mass on the unseen state adds 0.2, a tenth of the span
    assert supported_maximum(centre, 0.1, low, high, values, ranking) == pytest.approx(0.6)
    assert supported_maximum(centre, 0.09, low, high, values, ranking) == pytest.approx(0.2 + 0.5)


@pytest.mark.parametrize("seed", range(12))
def test_the_kl_maximum_is_that_of_a_fine_search(seed):
    generator, centre, values, ranking = problem(seed)
    radius, found = generator.random() * 0.8, kl_maximum(centre, 0.0, values, ranking)
    assert found == pytest.approx(centre @ values, abs=1e-5)  # a ball of radius 0 is its centre
    found = kl_maximum(centre, radius, values, ranking)
    drawn = generator.dirichlet(np.full(len(centre), 0.5), 200_000)
    seen = centre > 0
    with np.errstate(divide="ignore"):
        divergence = (centre[seen] * (np.log(centre[seen]) - np.log(drawn[:, seen]))).sum(1)
    best = (drawn @ values)[divergence <= radius].max()
    assert best <= found + 1e-9  # no distribution of the ball is better
    assert found <= best + 0.05 * np.ptp(values)  # and one of them is nearly as good


def sets_of(model, radius, kind):
    transitions, _ = model.to_arrays()
    shape = transitions.shape[:2]
    low, high = np.maximum(transitions - radius, 0), np.minimum(transitions + radius, 1)
    return Sets(model.expected_rewards.copy(), transitions.copy(), np.full(shape, radius), low, high)


@pytest.mark.parametrize("kind", [L1, BERNSTEIN, KL])
def test_with_points_for_sets_the_plan_is_relative_value_iterations(kind):
    for model in random_switch(states=4, seed=3).models:
        policy, (values, ahead), ranking = np.zeros(4, np.int64), np.zeros((2, 4)), np.zeros(4, np.int64)
        gain = plan(sets_of(model, 0.0, kind), kind, 1e-7, policy, values, ahead, ranking)
        solution = solve_average(model, 1e-9)
        assert gain == pytest.approx(solution.gain, abs=1e-4 if kind == KL else 1e-6)
        assert policy.tolist() == solution.policy.tolist()
        assert (np.diff(values[ranking]) <= 0).all()


@pytest.mark.parametrize("kind", [L1, BERNSTEIN, KL])
def test_a_larger_set_promises_more_and_nothing_above_the_largest_reward(kind):
    model = random_switch(states=4, seed=1).models[0]
    gains = []
    for radius in (0.0, 0.1, 0.3, 1.0):
        policy, (values, ahead), ranking = np.zeros(4, np.int64), np.zeros((2, 4)), np.zeros(4, np.int64)
        gains.append(plan(sets_of(model, radius, kind), kind, 1e-6, policy, values, ahead, ranking))
    assert (np.diff(gains) > -1e-6).all()  # each is within half the tolerance
    assert gains[-1] <= model.expected_rewards.max() + 1e-6
