import numpy as np
import pytest

from mdpzoo.errors import MdpzooError
from mdpzoo_latent import plan, signpost, simulate, solve_memoryless, tiger
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.replanning import replan
from mdpzoo_latent.simulation import Truth, run, value_of

HINDSIGHT = ["lmdp-value-optimistic", "lmdp-model-optimistic", "l-ucrl", "lmdp-posterior"]


@pytest.mark.parametrize("name", HINDSIGHT)
def test_learners_with_hindsight_reach_the_optimum(name):
    result = simulate(latent_random(states=3), name, 5_000, 2)
    assert (result.values[:, -1] >= 0.99 * result.optimum).all()
    assert (result.growth(1_000) < 0.7).all()


def test_a_learner_that_ignores_the_context_stays_below_the_memoryless_optimum():
    model = signpost(horizon=6)
    result = simulate(model, "ucbvi", 5_000, 2)
    assert (result.values <= solve_memoryless(model).value + 1e-9).all()
    assert (result.growth(1_000) > 0.6).all()


def test_regret_is_the_sum_of_exact_gaps():
    result = simulate(latent_random(states=3), "l-ucrl", 300, [5], points=300)
    np.testing.assert_allclose(np.cumsum(result.optimum - result.values[0]), result.regret[0], atol=1e-9)
    assert (np.diff(result.regret[0]) >= -1e-9).all()  # no policy is better than the optimum


def test_the_exact_value_of_a_policy_is_its_mean_return():
    model = latent_random(states=3, seed=2)
    learner = learner_for("ucbvi", {}, 3, 2, model, 0)
    replan(learner)
    learner.counts.planned[:] = np.inf  # never due again
    value = value_of(learner, Truth.of(model))
    run_length = 20_000
    learner.counts.planned[:] = np.inf
    truth = Truth.of(model)
    changes, _ = run_once(learner, truth, run_length)
    assert changes == run_length
    mean = learner.counts.paid.sum() / run_length
    assert mean == pytest.approx(value, abs=0.03)  # a standard deviation of the mean is below 0.007


def run_once(learner, truth, episodes):
    """Plays the present plan without planning."""
    from mdpzoo import streams
    from mdpzoo_latent.learners.playing import play

    made = learner.plan
    return play(
        truth.start_limits, truth.limits, truth.given, truth.horizon, streams.key(0), episodes, learner.roots,
        learner.tree.child, made.kernels, made.beliefs, made.leaves, made.chosen, learner.design.label, 0.0, 1.0,
        *learner.counts,
    )  # fmt: skip


def test_a_separated_start_replaces_hindsight():
    model = signpost(horizon=6)
    result = simulate(
        model, "l-ucrl", 10_000, [0, 1], hindsight=False, initial={"noise": 0.3, "seed": 0}, bonus_scale=0.02
    )
    assert (result.values[:, -1] >= 0.95 * result.optimum).all()


def test_one_seed_gives_one_curve():
    one, same, other = (simulate("mdpzoo/LatentRandom-v0", "lmdp-posterior", 100, [seed]) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.regret, same.regret)
    assert (one.regret != other.regret).any()
    assert one.optimum == plan(latent_random()).value


def test_plans_are_few():
    model = latent_random(states=3)
    learner = learner_for("l-ucrl", {}, 3, 2, model, 0)
    changes, values = run(learner, Truth.of(model), 0, 2_000)
    assert changes[0] == 0
    assert len(changes) == len(values) == learner.plans
    # a count doubles at most log2(2000 * 6) times, for 2 * 3 * 2 pairs
    assert len(changes) <= 12 * 15


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: simulate(tiger(), "l-ucrl", 10), "needs a LatentMDP"),
        (lambda: simulate(signpost(), "l-ucrl", 10), "with a horizon"),
        (lambda: simulate(signpost(horizon=3), "l-ucrl", 0), "must be at least 1"),
        (lambda: simulate(signpost(horizon=3), "l-ucr", 10), "l-ucr"),
        (lambda: simulate(signpost(horizon=3), "l-ucrl", 10, windw=3), "unknown setting 'windw'"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(MdpzooError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
