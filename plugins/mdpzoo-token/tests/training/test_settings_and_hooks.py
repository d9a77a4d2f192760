"""Settings, specs and discovery of strategies."""

import pytest
import torch

from mdpzoo.discovery import PluginWarning
from mdpzoo.errors import PluginError, SettingError
from mdpzoo_token.environments.copy_sort import CopySort
from mdpzoo_token.environments.countdown import Countdown
from mdpzoo_token.environments.key_door import KeyDoor
from mdpzoo_token.environments.sum_target import SumTarget
from mdpzoo_token.hooks import finding
from mdpzoo_token.hooks.hookspecs import hookimpl
from mdpzoo_token.hooks.strategy_spec import StrategySpec
from mdpzoo_token.losses.token_values import logp_of, mean_valid
from mdpzoo_token.policies.recurrent_network import Layout, TokenNetwork
from mdpzoo_token.training.base_policy import warm_start
from mdpzoo_token.training.settings import NetworkSettings, Settings, UpdateSettings, WarmStartSettings

TASKS = [SumTarget(length=3), CopySort(length=3), Countdown(numbers=2), KeyDoor(rooms=2, turns=4)]


class Module:
    """A plugin's module that answers with what it was made with."""

    def __init__(self, *specs):
        self.specs = list(specs)

    @hookimpl
    def mdpzoo_token_strategies(self):
        return self.specs


class Point:
    def __init__(self, name, module):
        self.name, self.value, self.module = name, name, module

    def load(self):
        if isinstance(self.module, Exception):
            raise self.module
        return self.module


def spec(name="loud", build="somewhere:Loud"):
    return StrategySpec(name=name, build=build, summary="")


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (ImportError("no such thing"), "no such thing"),
        (Module("not a spec"), "must return a list of StrategySpec"),
        (Module(spec("siren")), "strategy 'siren' is there already"),
    ],
)
def test_a_broken_module_is_left_out_and_the_others_stay(monkeypatch, module, words):
    points = [Point("a", Module(spec("siren"))), Point("b", module), Point("c", Module(spec("calm")))]
    monkeypatch.setattr(finding, "entry_points", lambda group: points)
    with pytest.warns(PluginWarning, match=words):
        assert list(finding.strategies_by_name()) == ["siren", "calm"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Loud", "build": "a:b"}, "lower case with hyphens"),
        ({"name": "loud", "build": "a.b"}, "must look like 'module:attribute'"),
    ],
)
def test_specs_check_their_fields(fields, words):
    with pytest.raises(PluginError, match=words):
        StrategySpec(summary="", **fields)


def test_a_spec_describes_itself_as_json_values():
    assert spec().describe() == {"name": "loud", "summary": "", "source": "", "needs": []}


def test_settings_are_records_or_mappings_and_default_to_the_sheets():
    found = Settings.of({"update": {"samples": 4}, "network": NetworkSettings(hidden=8)})
    assert found.update == UpdateSettings(samples=4)
    assert found.network.hidden == 8
    assert (found.update.prompts, found.update.minibatches, found.warm_start.steps) == (32, 4, 400)


@pytest.mark.parametrize(
    ("record", "fields", "words"),
    [
        (UpdateSettings, {"prompts": 0}, "prompts must be at least 1"),
        (UpdateSettings, {"minibatches": 0}, "minibatches must be at least 1"),
        (UpdateSettings, {"prompts": 1, "samples": 2, "minibatches": 3}, "at most prompts x samples"),
        (UpdateSettings, {"learning_rate": float("nan")}, "learning_rate"),
        (WarmStartSettings, {"steps": -1}, "steps must be at least 0"),
        (WarmStartSettings, {"batch": 0}, "batch must be at least 1"),
        (NetworkSettings, {"hidden": 0}, "hidden must be at least 1"),
    ],
)
def test_records_name_what_is_out_of_range(record, fields, words):
    with pytest.raises(SettingError, match=words):
        record(**fields)


def network_of(task, seed=0):
    network = TokenNetwork(Layout(task.vocabulary, task.length, task.context_sizes), width=8, hidden=16)
    network.draw_weights(torch.Generator().manual_seed(seed))
    return network


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_demonstrations_are_tokens_of_the_task_and_a_few_are_right(task):
    prompts, tokens = task.demonstrate(2000, torch.Generator().manual_seed(0))
    assert int(tokens.min()) >= 0
    assert int(tokens.max()) < task.vocabulary
    known = {tuple(each) for each in task.prompts.tolist()}
    assert {tuple(each) for each in prompts.tolist()} <= known
    share = float(task.verify(prompts, tokens).double().mean())
    assert 0 < share < 0.8


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_the_base_policy_makes_demonstrations_likelier(task):
    network = network_of(task)
    prompts, tokens = task.demonstrate(500, torch.Generator().manual_seed(7))
    contexts, mask, _ = task.replay(prompts, tokens)

    def likelihood():
        with torch.no_grad():
            return float(mean_valid(logp_of(network(tokens, contexts), tokens, mask), mask))

    before = likelihood()
    warm_start(task, network, WarmStartSettings(steps=45, batch=64), torch.Generator().manual_seed(0))
    assert likelihood() > before + 0.1


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_a_network_reads_token_by_token_what_it_reads_at_once(task):
    network = network_of(task)
    prompts, tokens = task.demonstrate(9, torch.Generator().manual_seed(0))
    contexts, _, _ = task.replay(prompts, tokens)
    memory, previous, logits = None, torch.full((9,), task.vocabulary), []
    for position in range(task.length):
        found, memory = network.advance(previous, contexts[:, position], torch.full((9,), position), memory)
        logits.append(found)
        previous = tokens[:, position]
    torch.testing.assert_close(torch.stack(logits, 1), network(tokens, contexts).detach(), rtol=0, atol=1e-5)


def test_a_seed_decides_the_weights():
    one, same, other = (network_of(TASKS[0], seed) for seed in (1, 1, 2))
    pairs = zip(one.parameters(), same.parameters(), other.parameters(), strict=True)
    for first, second, third in pairs:
        assert torch.equal(first, second)
        assert not torch.equal(first, third)


def test_the_network_of_sum_target_has_seventy_thousand_weights():
    task = SumTarget()
    network = TokenNetwork(Layout(task.vocabulary, task.length, task.context_sizes))
    assert sum(each.numel() for each in network.parameters()) == 69_984
