import importlib.metadata
import warnings

import gymnasium
import pytest
from gymnasium import spaces

import mdpzoo
from mdpzoo import discovery, registry
from mdpzoo.errors import PluginError, SettingError, UnknownNameError
from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, EnvironmentSpec


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UnknownNameError) as unknown:
        mdpzoo.make("mdpzoo/TPS-v0")
    assert str(unknown.value) == "unknown environment 'mdpzoo/TPS-v0'. Did you mean 'mdpzoo/TSP-v0'?"
    with pytest.raises(UnknownNameError, match="unknown agent 'pppo'. Did you mean 'ppo'"):
        mdpzoo.make_agent("pppo", "mdpzoo/RiverSwim-v0")


def test_a_game_is_not_made_as_an_environment_nor_the_other_way_round():
    with pytest.raises(SettingError, match="use make_parallel, make_aec or seat"):
        mdpzoo.make("mdpzoo/MatrixGame-v0")
    with pytest.raises(SettingError, match="has one decision maker"):
        mdpzoo.make_parallel("mdpzoo/RiverSwim-v0")


def test_gymnasium_makes_what_we_make():
    assert type(gymnasium.make("mdpzoo/TSP-v0").unwrapped) is type(mdpzoo.make("mdpzoo/TSP-v0").unwrapped)
    assert isinstance(mdpzoo.make("CartPole-v1").observation_space, spaces.Box)  # Gymnasium's own ids work too


def test_an_agent_refuses_an_environment_that_it_cannot_take():
    with pytest.raises(SettingError, match="agent 'q-learning' observes Discrete spaces"):
        mdpzoo.make_agent("q-learning", "mdpzoo/TSP-v0")
    with pytest.raises(SettingError, match="needs an observation with the entry 'coordinates'|observes Dict spaces"):
        mdpzoo.make_agent("bq-nco", "mdpzoo/RiverSwim-v0")


class FakeDistribution:
    def __init__(self, name):
        self.metadata = {"Name": name, "Version": "9.9"}


class FakePoint:
    """An entry point whose plugin is an object at hand, or an exception to raise."""

    def __init__(self, name, plugin, distribution="somebody"):
        self.name, self.plugin, self.dist = name, plugin, FakeDistribution(distribution)
        self.value = f"{distribution}.plugin"

    def load(self):
        if isinstance(self.plugin, BaseException):
            raise self.plugin
        return self.plugin


def plugin(environments=(), agents=(), **attributes):
    """A plugin that answers the hooks with what it is given."""

    class Plugin:
        @staticmethod
        @hookimpl
        def mdpzoo_environments():
            return environments

        @staticmethod
        @hookimpl
        def mdpzoo_agents():
            return agents

    for name, value in attributes.items():
        setattr(Plugin, name, value)
    return Plugin


def environment(id):
    return EnvironmentSpec(id=id, kind="model", rules="tests.toys:coin_walk", summary="a walk")


@pytest.fixture
def discover(monkeypatch):
    """Discovers given plugins beside none of the installed ones; returns statuses and what was accepted."""

    def run(*points, namespaces=()):
        class Installed:
            def select(self, group):
                return points if group == discovery.GROUP else namespaces

        monkeypatch.setattr(discovery, "entry_points", Installed)
        taken, ids = [], set()

        def accept(contribution):
            names = {spec.id for spec in contribution.environments}
            registry._refuse_taken(names, contribution.distribution)
            if names & ids:
                raise PluginError(f"id {names & ids} is already taken")
            ids.update(names)
            taken.append(contribution)

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            statuses = discovery.discover(accept)
        return statuses, taken, [str(each.message) for each in told]

    return run


class BadHook:
    @staticmethod
    @hookimpl
    def mdpzoo_enviroments():
        return []


class RaisingHook:
    @staticmethod
    @hookimpl
    def mdpzoo_environments():
        raise RuntimeError("boom")


BROKEN = [
    (ModuleNotFoundError("No module named 'nowhere'"), "nowhere"),  # fails to import
    (SystemExit(3), "SystemExit"),  # leaves the interpreter while it is imported
    (plugin(environments=["rubbish"]), "rubbish"),  # a list of strings
    (plugin(environments=42), "42"),  # not even a list
    (plugin(environments="text"), "text"),  # a string is no list of specs
    (plugin(environments=[environment("mdpzoo/Mine-v0")]), "reserved"),  # our namespace
    (plugin(environments=[environment("mdpzoo/TSP-v0")]), "reserved"),  # our id
    (plugin(agents=[AgentSpec(id="a", build="x:y", summary="")] * 2, MDPZOO_API=99), "interface 99"),  # too new
    (BadHook, "mdpzoo_enviroments"),  # a hook that does not exist
    (RaisingHook, "boom"),  # a hook that raises
]


@pytest.mark.parametrize(("broken", "named"), BROKEN)
def test_a_broken_plugin_is_left_out_and_the_others_stay(discover, broken, named):
    points = [FakePoint("a", broken), FakePoint("b", plugin(environments=[environment("good/Walk-v0")]))]
    (bad, good), taken, told = discover(*points)
    assert (bad.ok, good.ok) == (False, True)
    assert named in bad.reason
    assert (bad.distribution, bad.version) == ("somebody", "9.9")
    assert [spec.id for each in taken for spec in each.environments] == ["good/Walk-v0"]
    assert any("mdpzoo doctor" in each for each in told)


def test_an_id_belongs_to_the_first_that_claims_it(discover):
    twice = [FakePoint(name, plugin(environments=[environment("good/Walk-v0")]), name) for name in ("a", "b")]
    (first, second), _, _ = discover(*twice)
    assert first.ok
    assert "already taken" in second.reason


def test_an_id_of_gymnasium_cannot_be_claimed(discover):
    # Gymnasium's own ids have no namespace; another package's may
    gymnasium.register("elsewhere/Thing-v0", entry_point="tests.toys:Countdown")
    try:
        (status,), _, _ = discover(FakePoint("a", plugin(environments=[environment("elsewhere/Thing-v0")])))
        assert "already registered" in status.reason
    finally:
        gymnasium.registry.pop("elsewhere/Thing-v0")


def test_strict_mode_raises_and_blocked_plugins_are_not_loaded(discover, monkeypatch):
    broken = FakePoint("a", RuntimeError("boom"))
    monkeypatch.setenv("MDPZOO_PLUGINS_BLOCK", "a")
    assert discover(broken)[0] == []
    monkeypatch.delenv("MDPZOO_PLUGINS_BLOCK")
    monkeypatch.setenv("MDPZOO_PLUGINS", "b")
    assert discover(broken)[0] == []
    monkeypatch.delenv("MDPZOO_PLUGINS")
    monkeypatch.setenv("MDPZOO_PLUGINS_STRICT", "1")
    with pytest.raises(RuntimeError, match="boom"):
        discover(broken)


def test_every_installed_plugin_of_ours_has_loaded():
    points = importlib.metadata.entry_points(group="mdpzoo")
    assert {status.name for status in mdpzoo.plugins()} == {point.name for point in points}
    assert all(status.ok for status in mdpzoo.plugins())
