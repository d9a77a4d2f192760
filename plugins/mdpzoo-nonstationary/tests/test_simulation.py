import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import MdpzooError
from mdpzoo.planning import solve_average
from mdpzoo_nonstationary import piecewise, simulate
from mdpzoo_nonstationary.environments.random_switches import random_switch
from mdpzoo_nonstationary.environments.river_switches import river, river_swim_switch
from mdpzoo_nonstationary.judgement.picture import draw_regret
from mdpzoo_nonstationary.simulation import delays_of

PRACTICAL = {"radius_scale": 0.05}


def test_regret_is_the_optimal_gains_minus_the_rewards_of_the_environments_own_trajectory():
    model = river_swim_switch(changes=[40, 90])
    result = simulate(model, "optimal", 150, [7], points=150)
    env = mdpzoo.make(model)
    state, _ = env.reset(seed=7)
    earned = []
    for step in range(150):
        state, reward, *_ = env.step(int(solve_average(model.at(step), 1e-9).policy[state]))
        earned.append(reward)
    np.testing.assert_allclose(result.rewards[0], np.cumsum(earned))
    # both segments have the gain 0.9075 / (1 - 12^-6)
    expected = 0.9075 / (1 - 12.0**-6) * np.arange(1, 151) - np.cumsum(earned)
    np.testing.assert_allclose(result.regret[0], expected, atol=1e-6)


def test_seeds_are_reproduced_and_differ():
    first, again = (simulate(river_swim_switch(changes=[500]), "psrl", 1_000, [3, 4]) for _ in range(2))
    np.testing.assert_array_equal(first.regret, again.regret)
    assert (first.regret[0] != first.regret[1]).any()
    assert first.seeds == [3, 4]


@pytest.mark.parametrize("id", ["RiverSwimSwitch", "ActionSwapSwitch", "RewardSwitch"])
def test_every_change_is_found_soon_and_nothing_else(id):
    result = simulate(f"mdpzoo/{id}-v0", "r-bocpd-ucrl2", 60_000, 3, changes=[20_000, 40_000], **PRACTICAL)
    assert result.false_alarms == [0, 0, 0]
    assert all(delay is not None and delay < 500 for each in result.delays for delay in each)
    oracle = simulate(f"mdpzoo/{id}-v0", "oracle-restart", 60_000, 3, changes=[20_000, 40_000], **PRACTICAL)
    assert oracle.restarts == [[20_000, 40_000]] * 3
    assert oracle.delays == [[0, 0]] * 3
    stubborn = simulate(f"mdpzoo/{id}-v0", "ucrl2", 60_000, 3, changes=[20_000, 40_000], **PRACTICAL)
    assert result.regret[:, -1].mean() < 1.3 * oracle.regret[:, -1].mean() < stubborn.regret[:, -1].mean()


def test_without_the_reward_stream_a_change_of_rewards_goes_unseen():
    settings = {"changes": [10_000], "reward_bins": 0, **PRACTICAL}
    assert simulate("mdpzoo/RewardSwitch-v0", "r-bocpd-ucrl2", 20_000, 2, **settings).restarts == [[], []]


@pytest.mark.parametrize("eta", ["delta/n2", "delta/n", "theorem"])
def test_a_stationary_river_gives_no_restart(eta):
    result = simulate(river(), "r-bocpd-ucrl2", 50_000, 3, eta=eta, **PRACTICAL)
    assert result.restarts == [[], [], []]
    assert result.delays == [[], [], []]


def test_a_lake_that_turns_is_endless_for_the_learner():
    result = simulate(piecewise(["FrozenLake-v1"], []), "ucrl2", 5_000, 1, **PRACTICAL)
    assert 0 < result.gains[0] < 1
    assert np.isfinite(result.regret).all()


def test_rewards_of_any_range_are_scaled():
    result = simulate(piecewise(["CliffWalking-v1"], []), "ucrl2", 3_000, 1)  # rewards of -1 and -100
    assert np.isfinite(result.regret).all()
    assert result.gains[0] < 0


@pytest.mark.parametrize(
    ("restarts", "delays"),
    [
        ([], [None, None]),
        ([12, 25], [2, 5]),
        ([5, 12, 13, 25], [2, 5]),  # one before the change and one too many
        ([25], [None, 5]),  # the first change was missed
    ],
)
def test_a_delay_ends_before_the_next_change(restarts, delays):
    assert delays_of(restarts, np.array([10, 20]), 30) == delays


def test_a_large_model_fits_in_memory():
    model = random_switch(60, 10, changes=[50])
    assert np.isfinite(simulate(model, "r-bocpd-ucrl2", 100, 1, **PRACTICAL).regret).all()


def test_the_picture_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    results = [simulate("mdpzoo/RiverSwimSwitch-v0", name, 2_000, 2, changes=[900]) for name in ("ucrl2", "psrl")]
    draw_regret(results, tmp_path / "regret.png", logarithmic=True)
    assert (tmp_path / "regret.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(MdpzooError, match="different change points"):
        draw_regret([results[0], simulate(river(), "ucrl2", 10, 1)], tmp_path / "regret.png")
    with pytest.raises(MdpzooError, match="at least one result"):
        draw_regret([], tmp_path / "regret.png")


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (("mdpzoo/RiverSwimSwitch-v0", "ucrl2", 0, 1), {}, "steps must be a whole number of at least 1, got 0"),
        (("mdpzoo/RiverSwimSwitch-v0", "urcl2", 10, 1), {}, "Did you mean 'ucrl2'"),
        (("mdpzoo/RiverSwimSwich-v0", "ucrl2", 10, 1), {}, "Did you mean 'mdpzoo/RiverSwimSwitch-v0'"),
        (("mdpzoo/RiverSwimSwitch-v0", "ucrl2", 10, 1), {"radius_scal": 1.0}, "unknown setting 'radius_scal'"),
        (("mdpzoo/RiverSwimSwitch-v0", "ucrl2", 10, 1), {"changes": [5, 3]}, "ascending"),
        (("mdpzoo/MatrixGame-v0", "ucrl2", 10, 1), {}, "needs a PiecewiseMDP"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(arguments, settings, sentence):
    with pytest.raises(MdpzooError, match=sentence) as caught:
        simulate(*arguments, **settings)
    assert "\n" not in str(caught.value)
