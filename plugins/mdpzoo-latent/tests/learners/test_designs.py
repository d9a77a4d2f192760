import pytest

from mdpzoo.errors import MdpzooError, SettingError
from mdpzoo_latent.learners.designs import DESIGNS, POSTERIOR, LearnerSettings, design_of, read_settings, settings_of
from mdpzoo_latent.planning.tree_kernels import BALLS


@pytest.mark.parametrize("name", DESIGNS)
def test_every_learner_takes_the_common_settings(name):
    found = read_settings(name, {"episodes": 7, "contexts": 2, "horizon": 3, "starts": [0]})
    assert (found.episodes, found.contexts, found.horizon, found.starts) == (7, 2, 3, [0])


def test_only_optimists_have_a_bonus_and_only_l_ucrl_a_start():
    assert "bonus_scale" not in settings_of("lmdp-posterior")
    assert [name for name in DESIGNS if "initial" in settings_of(name)] == ["l-ucrl"]


def test_without_hindsight_the_belief_is_the_label():
    design = design_of("l-ucrl", LearnerSettings(hindsight=False))
    assert (design.mode, design.label) == (BALLS, POSTERIOR)
    assert design_of("l-ucrl", LearnerSettings()) is DESIGNS["l-ucrl"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"delta": 0.0}, r"delta must lie in \(0, 1\), got 0.0"),
        ({"delta": 1.0}, r"delta must lie in \(0, 1\), got 1.0"),
        ({"bonus_scale": -0.1}, "bonus_scale must be at least 0, got -0.1"),
        ({"bonus_scale": float("nan")}, "bonus_scale must be at least 0, got nan"),
        ({"initial_count": 0.0}, "initial_count must be positive, got 0.0"),
        ({"episodes": 0}, "episodes must be at least 1, got 0"),
        ({"horizon": -1}, "horizon must be at least 1, got -1"),
        ({"reward_range": (1.0, 1.0)}, "a smaller and a larger number"),
        ({"windw": 1}, "unknown setting 'windw'"),
        ({"episodes": "many"}, "episodes"),
    ],
)
def test_a_setting_out_of_its_range_is_refused_in_one_sentence(settings, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        read_settings("l-ucrl", settings)
    assert "\n" not in str(caught.value)


def test_an_unknown_learner_is_refused_by_name():
    with pytest.raises(MdpzooError, match="ucbv"):
        settings_of("ucbv")
