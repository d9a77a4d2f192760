import math

import numpy as np
import pytest

from mdpzoo_nonstationary.learners import confidence
from mdpzoo_nonstationary.learners.attention import replan
from mdpzoo_nonstationary.learners.designs import build, read_settings, with_horizon
from mdpzoo_nonstationary.learners.records import BERNSTEIN, BOXES

S, A, DELTA = 3, 2, 0.05


def learner_with(name, visits, steps=1_000, **settings):
    """A learner that has visited every pair ``visits`` times; next states in the ratio 1 : 2 : 5, rewards half 1."""
    chosen = with_horizon(read_settings(name, settings), 10_000)
    learner = build(name, chosen, S, A, None, 4)
    learner.counts.visits[:] = visits
    learner.counts.transitions[:] = visits * np.array([1, 2, 5]) / 8
    learner.counts.rewards[:] = learner.counts.squares[:] = visits / 2
    learner.clock["step"] = steps
    confidence.update_sets(learner.design, learner.clock, learner.counts, learner.sets)
    return learner


@pytest.mark.parametrize("scale", [1.0, 0.05])
@pytest.mark.parametrize("visits", [0, 8, 800])
def test_ucrl2s_radii_are_the_papers(visits, scale):
    sets, n, steps = learner_with("ucrl2", visits, radius_scale=scale).sets, max(visits, 1), 1_001
    # t' counts from the restart, its own step included
    assert sets.radius[1, 1] == pytest.approx(math.sqrt(scale * 14 * S * math.log(2 * A * steps / DELTA) / n))
    mean = 0.5 if visits else 0.0
    width = math.sqrt(scale * 7 * math.log(2 * S * A * steps / DELTA) / (2 * n))
    assert sets.rewards[1, 1] == pytest.approx(min(1.0, mean + width))
    expected = [1 / 8, 2 / 8, 5 / 8] if visits else [1 / 3] * 3
    np.testing.assert_allclose(sets.centre[0, 0], expected)


def test_a_sliding_window_has_cheungs_radii_and_widening():
    sets = learner_with("sw-ucrl2", 80, window=500, widening=0.2).sets
    length = math.log(S * A * 10_000 / DELTA)
    assert sets.radius[0, 1] == pytest.approx(2 * math.sqrt(2 * S * length / 80) + 0.2)
    assert sets.rewards[0, 1] == 1.0


def test_bernsteins_boxes_are_the_formula():
    sets, n = learner_with("ucrl2b", 800).sets, 800
    length = math.log(18 * S * A * n / DELTA)
    for state, p in enumerate((1 / 8, 2 / 8, 5 / 8)):
        width = 2 * math.sqrt(p * (1 - p) * length / n) + 6 * length / n
        assert sets.low[2, 0, state] == pytest.approx(max(p - width, 0))
        assert sets.high[2, 0, state] == pytest.approx(min(p + width, 1))
    assert sets.rewards[2, 0] == pytest.approx(min(1, 0.5 + 2 * math.sqrt(length / 4 / n) + 6 * length / n))


def test_kl_ucrls_radius_is_the_formula():
    g = math.log(1_001)
    b = math.log(2 * math.e * S**2 * A * g / DELTA)
    c = S * (b + math.log(b + 1 / g) * (1 + 1 / (b + 1 / g)))
    assert learner_with("kl-ucrl", 80).sets.radius[0, 0] == pytest.approx(c / 80)


@pytest.mark.parametrize("p", [0.0, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("n", [1, 30, 3_000])
def test_ucrl3s_bounds_are_where_the_inequality_turns(p, n):
    for upwards in (False, True):
        q = confidence.furthest(p, float(n), 0.001, 1.0, upwards)
        assert abs(q - p) <= confidence.peeled(q, float(n), 0.001, 1.0, upwards) + 1e-9
        beyond = q + (1e-6 if upwards else -1e-6)
        if 0 <= beyond <= 1:
            assert abs(beyond - p) > confidence.peeled(beyond, float(n), 0.001, 1.0, upwards)


@pytest.mark.parametrize(("name", "kind"), [("ucrl2b", BERNSTEIN), ("ucrl3", BOXES)])
def test_boxes_hold_their_centre_and_shrink_with_visits(name, kind):
    widths = []
    for visits in (8, 80, 8_000):
        learner = learner_with(name, visits)
        assert learner.design["kind"][0] == kind
        sets = learner.sets
        assert (sets.low <= sets.centre + 1e-12).all()
        assert (sets.high >= sets.centre - 1e-12).all()
        widths.append((sets.high - sets.low).max())
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.2


def test_posterior_samples_have_the_posteriors_means():
    drawn, rewards = [], []
    learner = learner_with("psrl", 80)
    for _ in range(2_000):
        confidence.update_sets(learner.design, learner.clock, learner.counts, learner.sets)
        drawn.append(learner.sets.centre[0, 0].copy())
        rewards.append(learner.sets.rewards[0, 0])
    # Dirichlet(1 + 10, 1 + 20, 1 + 50) and Beta(1 + 40, 1 + 40): standard errors of 0.0012 at most
    np.testing.assert_allclose(np.mean(drawn, 0), np.array([11, 21, 51]) / 83, atol=0.006)
    assert np.mean(rewards) == pytest.approx(0.5, abs=0.006)
    assert np.var(rewards) == pytest.approx(0.25 / 83, rel=0.15)


def test_a_plan_writes_down_what_it_was_made_from():
    learner = learner_with("ucrl2", 80)
    learner.counts.fresh[:] = 7
    replan(learner)
    assert (learner.counts.before == 80).all()
    assert (learner.counts.fresh == 0).all()
    assert learner.clock["planned"][0] == 1_000
