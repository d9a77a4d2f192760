import pytest

from mdpzoo.codes import build
from mdpzoo.errors import PluginError, SettingError
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, Trial

GOOD = {"id": "mine/Thing-v0", "kind": "model", "rules": "mine.thing:thing", "summary": "a thing"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "Thing-v0"}, "namespace/Name-v0"),  # no namespace
        ({"id": "mine/Thing"}, "namespace/Name-v0"),  # no version
        ({"id": 3}, "got 3"),  # not a string
        ({"kind": "puzzle"}, "puzzle"),  # no such kind
        ({"rules": "mine.thing.thing"}, "module:attribute"),  # no colon
        ({"rules": len}, "module:attribute"),  # code instead of its name
        ({"max_episode_steps": 0}, "got 0"),  # an episode of no steps
        ({"settings": [1]}, "got [1]"),  # not a mapping
        ({"settings": {"size": {1, 2}}}, "JSON"),  # a set
    ],
)
def test_an_environment_that_breaks_a_rule_is_refused_by_name(change, named):
    with pytest.raises(PluginError) as refused:
        EnvironmentSpec(**(GOOD | change))
    assert named in str(refused.value)


@pytest.mark.parametrize("id", ["PPO", "my_agent", "-a", ""])
def test_an_agent_is_lower_case_with_hyphens(id):
    with pytest.raises(PluginError, match="lower case with hyphens"):
        AgentSpec(id=id, build="mine:agent", summary="an agent")


def test_a_command_names_its_function():
    with pytest.raises(PluginError, match="module:attribute"):
        CommandSpec(name="go", function="mine", summary="go")


def test_settings_cannot_be_changed_after_the_fact():
    spec = EnvironmentSpec(**GOOD, settings={"size": 3})
    with pytest.raises(TypeError):
        spec.settings["size"] = 4


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(SettingError, match=r"unknown setting 'lenght' of coin_walk. Did you mean 'length'"):
        build("tests.toys:coin_walk", {"lenght": 3})


def test_ranges_of_an_agent_are_ranges():
    spec = AgentSpec(id="mine", build="mine:agent", summary="", ranges={"rate": {"low": 0, "above": True}})
    assert set(spec.ranges) == {"rate", "seed", "verbose"}
    with pytest.raises(PluginError, match="agent 'mine' has no range for 'rate', got {'least': 0}"):
        AgentSpec(id="mine", build="mine:agent", summary="", ranges={"rate": {"least": 0}})


def test_a_trial_holds_json_and_stands_on_an_agent():
    with pytest.raises(PluginError, match="settings must be JSON values by name"):
        Trial(environment="acme/Maze-v0", environment_settings={"slip": {1, 2}})
    with pytest.raises(PluginError, match="trial of agent 'mine' must be a Trial"):
        AgentSpec(id="mine", build="mine:agent", summary="", trial={"environment": "acme/Maze-v0"})
    with pytest.raises(TypeError):
        Trial(settings={"n_steps": 8}).settings["n_steps"] = 9
