"""Capacity-return curves, the detection test, rates."""

import gymnasium
import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.records import Trajectories
from mdpzoo_coding import bottleneck_grid, capacity_return, code_grid, detection, draw_capacity, draw_rates, rate_curve
from mdpzoo_coding.analysis.detecting import draw_detection, standard_score
from mdpzoo_coding.analysis.rates import RatePoint
from mdpzoo_coding.messages.sending import ordinary_run, transmit
from mdpzoo_coding.policies.poles import steady_pole


def coin(rewards):
    """One step with a reward for each action."""
    transitions = np.zeros((2, len(rewards), 2))
    transitions[:, :, 1] = 1
    return TabularMDP.from_arrays(transitions, np.array([rewards, rewards]), terminal=np.array([False, True]))


def test_the_curve_of_one_choice_is_that_of_a_logistic():
    temperatures = np.array([0.1, 0.5, 2.0, 100.0])
    curve = capacity_return(coin([1.0, 0.0]), 0.9, temperatures)
    right = 1 / (1 + np.exp(-1 / temperatures))
    assert curve.returns == pytest.approx(right, abs=1e-12)
    assert curve.capacity_bits == pytest.approx(-right * np.log2(right) - (1 - right) * np.log2(1 - right), abs=1e-12)
    assert curve.steps == pytest.approx(np.ones(4))
    assert (np.diff(curve.returns) < 0).all()
    assert (np.diff(curve.capacity_bits) > 0).all()


def test_the_bottleneck_grid_is_that_of_the_references(references):
    for each in references["bottleneck_grid"]["values"]:
        curve = capacity_return(bottleneck_grid(), 0.95, [np.exp(each["log_temperature"])])
        assert curve.returns[0] == pytest.approx(each["V_start"], abs=1e-9)
        assert curve.capacity_bits[0] == pytest.approx(each["E_action_bits"], abs=1e-9)
        assert curve.steps[0] == pytest.approx(each["E_steps"], abs=1e-9)


def test_the_code_grid_has_the_bits_of_its_paths():
    # as the temperature falls the policy is uniform on 316 paths; the numbers for .2 were measured elsewhere
    curve = capacity_return(code_grid().model, 1, [0.2, 0.01], horizon=8)
    assert curve.returns == pytest.approx([0.888557, 1.0], abs=1e-6)
    assert curve.capacity_bits == pytest.approx([9.278132, np.log2(316)], abs=1e-6)


def test_an_episode_that_never_ends_needs_a_horizon():
    forever = TabularMDP.from_arrays(np.ones((1, 2, 1)), np.zeros((1, 2)))
    with pytest.raises(SettingError, match="give a horizon"):
        capacity_return(forever, 0.9, [1.0])
    assert capacity_return(forever, 1, [1.0], horizon=7).capacity_bits[0] == pytest.approx(7)


def test_states_that_are_never_entered_do_not_matter():
    transitions = np.zeros((3, 1, 3))
    transitions[0, 0, 1] = transitions[1, 0, 1] = transitions[2, 0, 2] = 1  # state 2 goes round for ever
    mdp = TabularMDP.from_arrays(transitions, np.ones((3, 1)), terminal=np.array([False, True, False]))
    assert capacity_return(mdp, 0.5, [1.0]).steps[0] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"discount": 1.0, "temperatures": [1.0]}, "discount"),
        ({"discount": 0.9, "temperatures": [0.0]}, "temperature must be a positive number"),
        ({"discount": 0.9, "temperatures": [1.0], "horizon": 3}, "give discount=1"),
    ],
)
def test_wrong_arguments_are_an_error(arguments, sentence):
    with pytest.raises(SettingError, match=sentence):
        capacity_return(coin([1.0, 0.0]), **arguments)


def test_scores_of_the_policys_own_actions_are_standard():
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(400):
        right = generator.uniform(0.1, 0.9, size=100)
        chances = np.stack((1 - right, right), 1)
        scores.append(standard_score(chances, (generator.random(100) < right).astype(int)))
    assert np.mean(scores) == pytest.approx(0, abs=4 / np.sqrt(400))
    assert np.std(scores) == pytest.approx(1, abs=0.15)


def test_always_the_likeliest_action_is_noticed():
    chances = np.tile([0.7, 0.3], (100, 1))
    # 100 (log .7 + H) / sqrt(100 .7 .3 log(.7 / .3)^2) = sqrt(100) sqrt(.3 / .7)
    assert standard_score(chances, np.zeros(100, int)) == pytest.approx(10 * np.sqrt(3 / 7))


def test_a_message_is_not_noticed(tmp_path):
    env, policy = gymnasium.make("CartPole-v1"), steady_pole()
    sent = detection(transmit(bytes(550), env, policy, seed=0).trajectories)
    ordinary = detection(ordinary_run(env, policy, len(sent.scores), seed=1))
    assert len(sent.scores) >= 10
    assert abs(sent.difference(ordinary)) < 3
    assert abs(sent.mean) < 3 * sent.standard_error + 3 / np.sqrt(len(sent.scores))
    draw_detection(tmp_path / "figure.png", sent, ordinary)
    assert (tmp_path / "figure.png").stat().st_size > 5000


def test_a_detection_needs_masses_and_two_episodes():
    run = ordinary_run(gymnasium.make("CartPole-v1"), steady_pole(), 1, seed=0)
    with pytest.raises(SettingError, match="two episodes"):
        detection(run)
    bare = {name: getattr(run, name) for name in run.__dataclass_fields__} | {"revealed": {}}
    with pytest.raises(SettingError, match="masses"):
        detection(Trajectories(**bare))


def test_a_rate_curve_has_a_point_for_each_pair():
    points = rate_curve([-6.0, -5.0], [1.0, 0.5], messages=16, episodes=3)
    assert [(each.log_temperature, each.rate) for each in points] == [(-6, 1), (-6, 0.5), (-5, 1), (-5, 0.5)]
    for each in points:
        assert each.low <= each.accuracy <= each.high
        assert each.mean_steps > 5


def test_the_figure_of_capacity_names_axes_curves_and_temperatures(tmp_path):
    curve = capacity_return(coin([1.0, 0.0]), 0.9, [0.25, 1.5])
    draw_capacity(tmp_path / "capacity.svg", {"a coin": curve})
    drawn = (tmp_path / "capacity.svg").read_text()
    for text in ("capacity (bits an episode)", "expected return", "a coin", "0.25", "1.5"):
        assert f"<!-- {text} -->" in drawn


def test_the_figure_of_rates_has_a_line_for_each_rate(tmp_path):
    points = [
        RatePoint(-5.0, rate, encoder, 0.5, 0.4, 0.6, earned, 22.0)
        for rate, encoder, earned in ((1.0, "ebim", 0.3), (0.8, "ebim", 0.2), (0.8, "quantise", 0.1))
    ]
    draw_rates(tmp_path / "rates.svg", points)
    drawn = (tmp_path / "rates.svg").read_text()
    for text in ("accuracy", "mean return", "no limit", "ebim, 0.8", "quantise, 0.8"):
        assert f"<!-- {text} -->" in drawn


@pytest.mark.parametrize(("draw", "nothing"), [(draw_capacity, {}), (draw_rates, [])])
def test_a_figure_of_nothing_is_an_error(draw, nothing, tmp_path):
    with pytest.raises(SettingError, match="got none"):
        draw(tmp_path / "figure.svg", nothing)
