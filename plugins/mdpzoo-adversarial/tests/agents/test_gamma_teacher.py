import math

import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_adversarial import GammaTeacher, temperature_schedule
from mdpzoo_adversarial.agents.curricula import VARIANTS, Curriculum, curriculum_of
from mdpzoo_adversarial.agents.gamma_teacher import density_ratios, divergence


def test_the_schedule_equals_the_reference(references):
    for each in references["teacher_schedule"]["schedules"]:
        found = temperature_schedule(each["eps"])
        np.testing.assert_allclose(found, each["mean_temperature"], atol=1e-12)
        assert len(found) - 1 == each["updates"]


@pytest.mark.parametrize(("first", "second"), [(50.0, 1.0), (1.0, 50.0), (7.5, 7.0), (0.3, 2.0)])
def test_the_divergence_is_torchs(first, second):
    one, other = (torch.distributions.Gamma(torch.tensor(k, dtype=torch.float64), 1000.0) for k in (first, second))
    assert divergence(first, second) == pytest.approx(float(torch.distributions.kl_divergence(one, other)))


def test_density_ratios_are_those_of_the_distributions():
    values = torch.tensor([1e-4, 1e-3, 0.02, 0.05], dtype=torch.float64)
    new, old = (torch.distributions.Gamma(torch.tensor(k, dtype=torch.float64), 1000.0) for k in (20.0, 25.0))
    expected = (new.log_prob(values) - old.log_prob(values)).exp()
    np.testing.assert_allclose(density_ratios(20.0, 25.0, 1000.0, values.numpy()), expected, rtol=1e-10)


@pytest.mark.parametrize("bound", [0.05, 0.5, 2.0, 1e6])
def test_every_step_of_the_schedule_uses_the_bound_up(bound):
    shapes = temperature_schedule(bound) * 1000
    assert (np.diff(shapes) < 0).all()
    for old, new in zip(shapes[:-2], shapes[1:-1], strict=True):
        assert divergence(new, old) == pytest.approx(bound, abs=1e-9)
    assert divergence(shapes[-1], 1.0) <= 0.01


def test_thirteen_updates_when_performance_never_binds():
    teacher, shape, generator, updates = GammaTeacher(threshold=-1e9), 50.0, np.random.default_rng(0), 0
    for _ in range(20):
        after = teacher.update(shape, teacher.draw(shape, 30, generator), np.ones(30))
        updates, shape = updates + (after != shape), after
    assert (updates, shape) == (13, 1.0)


def test_a_return_below_the_threshold_freezes_the_distribution():
    teacher = GammaTeacher(threshold=10.0)
    assert teacher.update(50.0, np.full(30, 0.05), np.full(30, 9.9)) == 50.0
    assert teacher.update(50.0, np.full(30, 0.05), np.full(30, 10.1)) < 50.0


def test_a_threshold_between_the_returns_stops_the_move_where_it_is_met():
    """Low temperatures earn nothing: the farther the distribution moves, the lower its expected return."""
    teacher, generator = GammaTeacher(threshold=8.0), np.random.default_rng(0)
    temperatures = teacher.draw(50.0, 3_000, generator)
    returns = np.where(temperatures > 0.045, 12.0, 0.0)
    assert returns.mean() > 8.0
    shape = teacher.update(50.0, temperatures, returns)
    assert teacher.farthest(50.0) < shape < 50.0
    assert np.mean(density_ratios(shape, 50.0, 1000.0, temperatures) * returns) == pytest.approx(8.0, abs=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rate": 0.0}, "rate must be a positive"),
        ({"kl_bound": -1.0}, "kl_bound"),
        ({"start_shape": 0.5}, "must not exceed"),
        ({"threshold": math.nan}, "threshold"),
    ],
)
def test_settings_of_the_teacher_out_of_range_are_refused(settings, words):
    with pytest.raises(SettingError, match=words):
        GammaTeacher(**settings)


def episodes(curriculum, count, discounted):
    for _ in range(count):
        curriculum.record(curriculum.mean, discounted)


def test_the_mean_is_never_below_what_has_been_trained():
    curriculum = curriculum_of("gamma", {"threshold": 1.0})
    assert curriculum.mean == 0.05
    episodes(curriculum, 29, 5.0)
    curriculum.advance(0.1)
    assert curriculum.mean == 0.05
    episodes(curriculum, 1, 5.0)
    curriculum.advance(0.1)
    assert curriculum.mean == pytest.approx(0.043293554176)
    assert curriculum.pairs == []


@pytest.mark.parametrize(("progress", "mean"), [(0.0, 0.05), (1 / 3, 0.0255), (2 / 3, 0.001), (1.0, 0.001)])
def test_the_linear_variant_falls_over_two_thirds_of_the_training(progress, mean):
    curriculum = curriculum_of("linear", None)
    curriculum.advance(progress)
    assert curriculum.mean == pytest.approx(mean)


def test_the_point_variant_falls_by_a_step_when_the_threshold_is_reached():
    curriculum = curriculum_of("point", {"threshold": 1.0})
    for discounted, mean in ((0.5, 0.05), (1.5, 0.049)):
        episodes(curriculum, 30, discounted)
        curriculum.advance(0.0)
        assert curriculum.mean == pytest.approx(mean)


def test_the_single_variant_plays_an_iteration_at_one_temperature():
    generator = np.random.default_rng(0)
    assert len(set(curriculum_of("single", None).draw(5, generator).tolist())) == 1
    assert len(set(curriculum_of("gamma", None).draw(5, generator).tolist())) == 5


def test_the_force_variant_raises_the_force_as_the_temperature_falls():
    curriculum = curriculum_of("force", None)
    shares = [curriculum.force_share(each) for each in (0.06, 0.051, 0.026, 0.001)]
    assert shares == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert curriculum_of("gamma", None).force_share(0.05) == 1.0


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_curriculum_goes_back_to_its_state(variant):
    first = curriculum_of(variant, {"threshold": 1.0})
    episodes(first, 40, 2.0)
    first.advance(0.5)
    episodes(first, 3, 2.0)
    other = Curriculum(variant, first.teacher)
    other.restore(first.state())
    assert other == first


def test_evaluation_stays_within_the_temperatures_of_the_training():
    curriculum = curriculum_of("point", {"threshold": 1.0})
    assert curriculum.evaluated == 0.05  # nothing has been trained yet
    episodes(curriculum, 30, 2.0)
    curriculum.advance(0.0)
    assert curriculum.mean == pytest.approx(0.049)
    assert curriculum.evaluated == 0.05  # no episode has been played at the next temperature
    curriculum.record(0.049, 2.0)
    assert curriculum.evaluated == pytest.approx(0.049)


@pytest.mark.parametrize("state", [[], [1.0], [-1.0, 0, 0, 0], [1.0, math.nan, 0, 0], [1.0, 0, 0, 0, 3.0]])
def test_a_damaged_state_is_refused(state):
    with pytest.raises(SettingError, match="damaged"):
        curriculum_of("gamma", None).restore(np.array(state))


@pytest.mark.parametrize(
    ("variant", "teacher", "words"), [("gama", None, "Did you mean 'gamma'"), ("gamma", {"ksi": 1}, "ksi")]
)
def test_unknown_settings_are_refused(variant, teacher, words):
    with pytest.raises(SettingError, match=words):
        curriculum_of(variant, teacher)
