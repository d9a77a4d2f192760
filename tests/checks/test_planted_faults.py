"""The kit finds each planted fault by name, and the same thing without the fault passes that check."""

from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from mdpzoo.checks import checks, run_check, run_checks
from mdpzoo.checks.plugins import CHECKS, PluginSubject
from mdpzoo.discovery import PluginStatus
from tests.checks.faults import sound
from tests.checks.planting import Planted, class_of

HERE = Path(__file__).parent / "faults"
EVERY_STEP = "every step's observation, reward and mask is right"
EVERY_PLAYER = "every player's observation, reward and mask is right"
SHORT = "the same in short episodes, across resets"
TYPES = "the batched rules observe in the spaces' own types"
MASKS = "masks allow the legal actions and no others"
SEED = "the seed decides everything"
SHARED = "two environments share nothing"

# file: the check that finds it, and words of what it says
FAULTS = {
    "models/leaves_the_space": (EVERY_STEP, "after step 4"),
    "models/not_a_number": (EVERY_STEP, "after step 3 is nan"),
    "models/changes_its_state": ("the rules are pure", "changed the state"),
    "models/draws_by_itself": ("the rules are pure", "reward of the same step"),
    "models/shares_a_counter": (SHARED, "an environment beside another"),
    "models/wrong_dtype": (EVERY_STEP, "is float64, its space float32"),
    "models/wrong_shape": (EVERY_STEP, "has shape ()"),
    "models/order_of_hashes": ("a fresh process plays the same", "plays another episode"),
    "models/pays_too_much": ("rewards lie in the declared range", "lies outside 0.0..1.0"),
    "models/cannot_be_pickled": ("it can be pickled and copied in mid-episode", "pickle"),
    "models/empty_mask": (EVERY_STEP, "allows nothing"),
    "models/short_mask": (EVERY_STEP, "has shape (2,)"),
    "models/takes_illegal_actions": ("illegal actions raise, and nothing is lost", "without an IllegalActionError"),
    "models/forbids_legal_actions": (MASKS, "forbids action 2"),
    "clocks/reset_by_autoreset": (SHORT, "'clock' differs"),
    "clocks/runs_while_asleep": (SHORT, "'clock' differs"),
    "clocks/shown_by_the_observation": ("hidden facts do not stand in the observation", "'phase'"),
    "clocks/revealed_by_repr": ("hidden facts do not leak through infos or repr", "repr shows 'clock'"),
    "problems/mask_allows_illegal": (MASKS, "allows action 0"),
    "problems/never_reports": (MASKS, "forbids action 1"),
    "problems/mask_differs": (TYPES, "differs from"),
    "problems/mask_empty_in_observation": (EVERY_STEP, "differs"),
    "problems/float64_observed": (TYPES, "float64"),
    "problems/bool_for_int8": (TYPES, "is bool"),
    "problems/not_a_number": (EVERY_STEP, "reward after step"),
    "problems/changes_its_state": ("the batched rules are pure", "changed the state"),
    "problems/reads_back": ("the batched rules never wait for the device", "reads a value back"),
    "problems/mixes_rows": ("same seed, same trajectory in every face", "reward of event"),
    "problems/float32_rewards": ("the batched rules are pure", "rewards are torch.float32"),
    "problems/compiled_differs": ("tensors and compiled code play the same", "reward of event"),
    "games/own_generator": (SEED, "reward of event"),
    "games/batch_differs": ("batched games play the same", "reward of event"),
    "games/observes_integer": (EVERY_PLAYER, ""),
    "games/observes_outside": ("it passes PettingZoo's parallel_api_test", "lies outside"),
    "games/not_a_number": (EVERY_PLAYER, "is nan"),
    "games/shares_a_counter": ("two games share nothing", "a game beside another"),
    "games/one_space_for_all": ("players and environments share no spaces", "share an action space"),
    "games/flags_are_numbers": (EVERY_PLAYER, "terminated of player_0"),
    "games/ignores_the_seed": ("it passes PettingZoo's seed tests", ""),
    "environments/names_its_context": ("hidden facts do not leak through infos or repr", "'context'"),
    "environments/flags_are_numbers": (EVERY_STEP, "is int, not bool"),
    "environments/reward_is_an_array": (EVERY_STEP, "is ndarray"),
    "environments/ignores_the_seed": (SEED, "a second environment"),
    "environments/reuses_its_buffer": ("what it has shown stays as it was", "observation number"),
    "environments/shares_its_place": (SHARED, "an environment beside another"),
    "environments/one_action_space_for_all": (SHARED, "share an action space"),
    "environments/observes_a_list": (EVERY_STEP, "is list"),
    "environments/writes_into_actions": ("step leaves its action as it was", "the action after step()"),
    "environments/forgets_to_reset": (SEED, "the same environment, seeded again"),
    "environments/reset_returns_one_value": ("it passes Gymnasium's check_env", ""),
    "environments/leaves_its_range": ("rewards lie in the declared range", "lies outside"),
    "agents/one_column_too_many": ("it predicts one action for every observation", "of shape [2, 1]"),
    "agents/acts_outside": ("it predicts one action for every observation", "lies outside"),
    "agents/writes_into_observations": ("predicting leaves observations as they were", "after predict()"),
    "agents/ignores_the_seed": ("its seed decides everything", "with the same seed"),
    "agents/forgets_its_table": ("a saved agent comes back as it was", "of the loaded agent"),
    "agents/counts_from_zero": ("a loaded agent goes on learning", "goes on from"),
    "agents/calls_nobody": ("callbacks see every step", "callbacks are"),
    "agents/cannot_be_stopped": ("a callback can stop it", "goes on after a callback"),
    "agents/returns_nothing": ("it learns, and counts its steps", "returns NoneType"),
    "agents/shares_its_table": ("two agents share nothing", "after another has learnt"),
    "agents/stops_halfway": ("it learns, and counts its steps", "num_timesteps is"),
    "agents/saves_nothing": ("a saved agent comes back as it was", "writes no file"),
    "plugins/no_licence": ("its metadata is complete", "no license"),
    "plugins/no_licence_file": ("its licence is included", "no LICENSE file"),
    "plugins/no_python_versions": ("its metadata is complete", "no requires-python"),
    "plugins/no_classifiers": ("its metadata is complete", "no classifiers"),
    "plugins/no_readme": ("its metadata is complete", "no readme"),
    "plugins/no_zoo": ("it requires mdpzoo within versions", "do not name mdpzoo"),
    "plugins/no_upper_bound": ("it requires mdpzoo within versions", "below which it works"),
}
KINDS = {"models": "model", "clocks": "model", "problems": "problem", "games": "game", "environments": "environment"}
SOUND = {
    sound.Line: "model",
    sound.Picker: "model",
    sound.Scissors: "game",
    sound.Drift: "environment",
    sound.Duel: "environment",
    sound.Counting: "agent",
}


@pytest.fixture
def planted():
    """Registers classes while the test runs."""
    found = Planted()
    yield found
    found.take_back()


def registered(planted, kind, cls):
    if kind == "agent":
        return planted.agent(cls)
    parallel = issubclass(cls, sound.Duel)
    return planted.environment("environment" if parallel else kind, cls, parallel)


def outcome(id, check):
    return run_check(id, check, dict(checks(id))[check])


def names():
    return [name for name in FAULTS if not name.startswith("plugins/")]


@pytest.mark.parametrize("name", names())
def test_a_fault_is_found_by_the_check_of_this_name(name, planted):
    check, words = FAULTS[name]
    found = outcome(registered(planted, KINDS.get(name.partition("/")[0], "agent"), class_of(name)), check)
    assert found.failure is not None, found.verdict
    assert words in found.failure


@pytest.mark.parametrize("name", names())
def test_the_same_without_the_fault_passes_that_check(name, planted):
    check, _ = FAULTS[name]
    parent = class_of(name).__bases__[0]
    found = outcome(registered(planted, KINDS.get(name.partition("/")[0], "agent"), parent), check)
    assert found.failure is None


@pytest.mark.parametrize("cls", SOUND)
def test_what_is_sound_passes_every_check(cls, planted):
    results = {each.name: each for each in run_checks(registered(planted, SOUND[cls], cls))}
    results.pop("a process that imported nothing can make it", None)  # no plugin brings these
    assert [each for each in results.values() if each.failure] == []


class Described(PluginSubject):
    """A plugin whose distribution is described by a file, and not installed."""

    def distribution(self):
        return self.described


def described(name, tmp_path):
    (tmp_path / "METADATA").write_text((HERE / f"{name}.txt").read_text())
    (tmp_path / "RECORD").write_text("acme_planted/plugin.py,,\n")
    subject = Described(PluginStatus("planted", "acme-planted", "1.0"))
    object.__setattr__(subject, "described", PathDistribution(tmp_path))
    return subject


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("plugins/")])
def test_a_distribution_that_says_too_little_is_found(name, tmp_path):
    check, words = FAULTS[name]
    assert words in run_check(name, check, lambda: CHECKS[check](described(name, tmp_path))).failure


@pytest.mark.parametrize("check", sorted({FAULTS[name][0] for name in FAULTS if name.startswith("plugins/")}))
def test_a_distribution_that_says_enough_passes(check, tmp_path):
    CHECKS[check](described("plugins/sound", tmp_path))


def test_every_file_of_a_fault_is_in_the_table_and_there_are_more_than_forty():
    files = {path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.glob("*/*.*") if path.stem != "sound"}
    assert {name for name in files if "__" not in name} == set(FAULTS)
    assert len(FAULTS) > 40
