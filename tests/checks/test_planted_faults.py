"""The kit finds each of these faults, and says where."""

import pytest

from mdpzoo import registry
from mdpzoo.checks import run_checks
from mdpzoo.discovery import Contribution
from mdpzoo.specs import EnvironmentSpec

PLACE = "tests.checks.planted"


@pytest.fixture
def check():
    """Checks a planted class by name; it is registered while the test runs."""
    import gymnasium
    import pettingzoo

    ids = []

    def run(kind, name):
        id = f"planted/{name.rpartition(':')[2]}-v0"
        rules = name if "." in name else f"{PLACE}.{name}"
        spec = EnvironmentSpec(id=id, kind=kind, rules=rules, summary="", max_episode_steps=30)
        registry._accept(Contribution("planted", (spec,), (), ()))
        ids.append(id)
        return {each.name: each for each in run_checks(id)}

    yield run
    for id in ids:
        registry._environments.pop(id)
        registry._owners.pop(id)
        for known in (gymnasium.registry, pettingzoo.aec_registry, pettingzoo.parallel_registry):
            known.pop(id, None)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("problem", "tests.toys:Cards"), ("model", "models:Line")],
)
def test_sound_rules_pass(check, kind, name):
    found = check(kind, name)
    del found["a process that imported nothing can make it"]  # no plugin brings these
    assert [each for each in found.values() if each.failure] == []


@pytest.mark.parametrize(
    ("kind", "name", "found_by", "words"),
    [
        ("problem", "problems:MaskAllowsIllegal", "masks allow the legal actions and no others", "allows action 0"),
        ("problem", "problems:NeverReports", "masks allow the legal actions and no others", "forbids action 1"),
        ("problem", "problems:MaskDiffers", "the batched rules observe in the spaces' own types", "differs from"),
        ("problem", "problems:MaskEmptyInObservation", "every step's observation, reward and mask is right", "differs"),
        ("problem", "problems:Float64Observed", "the batched rules observe in the spaces' own types", "float64"),
        ("problem", "problems:BoolForInt8", "the batched rules observe in the spaces' own types", "is bool"),
        ("problem", "problems:NotANumber", "every step's observation, reward and mask is right", "reward after step"),
        ("problem", "problems:ChangesItsState", "the batched rules are pure", "changed the state"),
        ("problem", "problems:ReadsBack", "the batched rules never wait for the device", "reads a value back"),
        ("model", "models:ClockResetByAutoreset", "the same in short episodes, across resets", "'clock' differs"),
        ("model", "models:ClockRunsWhileAsleep", "the same in short episodes, across resets", "'clock' differs"),
        ("model", "models:ObservesTheClock", "hidden facts do not stand in the observation", "'phase'"),
        ("environment", "models:LeaksThroughInfo", "hidden facts do not leak through infos or repr", "'context'"),
        ("model", "models:LeavesTheSpace", "every step's observation, reward and mask is right", "after step 4"),
        ("model", "models:NotANumber", "every step's observation, reward and mask is right", "after step 3 is nan"),
        ("model", "models:ChangesItsState", "the rules are pure", "changed the state"),
        ("model", "models:DrawsByItself", "the rules are pure", "reward of the same step"),
        ("game", "games:OwnGenerator", "the seed decides everything", "reward of event"),
        ("game", "games:BatchDiffers", "batched games play the same", "reward of event"),
        ("game", "games:BatchDiffers", "every seat plays the game's own trajectory", "reward of event"),
        ("game", "games:ObservesInteger", "every player's observation, reward and mask is right", ""),
        ("game", "games:ObservesOutside", "it passes PettingZoo's parallel_api_test", "lies outside"),
        ("game", "games:NotANumber", "every player's observation, reward and mask is right", "is nan"),
    ],
)
def test_the_kit_finds_a_planted_fault(check, kind, name, found_by, words):
    result = check(kind, name)[found_by]
    assert result.failure is not None
    assert words in result.failure
