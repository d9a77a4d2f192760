"""The settings of BQ-NCO: one definition for constructor, checkpoint and command line."""

import json
from dataclasses import replace

import pytest
from safetensors.torch import save_file

import mdpzoo
from mdpzoo import cli
from mdpzoo.errors import MdpzooError, SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.settings import SearchSettings, Settings
from mdpzoo_combinatorial.bq_nco.states.problems import TSP
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.training.improvement import ImprovementSettings
from mdpzoo_combinatorial.bq_nco.training.sampling import TOURS
from mdpzoo_combinatorial.problems import PROBLEMS

TINY = {"width": 16, "layers": 1, "heads": 2}


def test_mappings_and_records_say_the_same():
    by_mapping = Settings.of(
        {
            "network": TINY,
            "imitation": {"tokens": 64},
            "improvement": {"samples": 3},
            "search": {"decoding": "beam"},
        }
    )
    by_record = Settings(
        network_settings(**TINY), ImitationSettings(tokens=64), ImprovementSettings(samples=3), SearchSettings("beam")
    )
    assert by_mapping == by_record


def test_former_flat_names_are_read_into_their_parts():
    flat = Settings.of({**TINY, "tokens": 64, "precision": "bfloat16", "learning_rate": None})
    assert flat == Settings.of({"network": TINY, "imitation": {"tokens": 64, "precision": "bfloat16"}})
    assert Settings.of({"network": "transformer"}).network.kind == "transformer"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"imitation": {"token": 64}}, "unknown setting 'token' of imitation.*tokens"),
        ({"imitation": {"tokens": "many"}}, "'tokens' of imitation.*an integer"),
        ({"imitation": 64}, "mapping of its fields"),
        ({"imitaton": {}}, "imitation"),
        ({"widht": 8}, "width"),
        ({"network": {"width": "8"}}, "'width' of network"),
        ({"network": {"kind": "tokes"}}, "tokens"),
        ({"network": network_settings(), "width": 8}, "'width' is a field of network"),
        ({"search": {"decoding": "beem"}}, "beam"),
        ({"search": {"neighbours": -1}}, "neighbours"),
        ({"improvement": {"samples": 0}}, "samples"),
        ({"num_instances": "3"}, "num_instances"),
        ({"expert": "nobody"}, "expert"),
    ],
)
def test_a_wrong_setting_is_named(settings, words):
    with pytest.raises(MdpzooError, match=words):
        Settings.of(settings)


def test_the_command_lines_dotted_names_reach_the_agent():
    typed = cli.read_settings(["network.width=16", "network.layers=1", "network.heads=2", "imitation.tokens=256"])
    agent = mdpzoo.make_agent("bq-nco", mdpzoo.make("mdpzoo/TSP-v0", num_nodes=7), **typed)
    assert (agent.policy.settings.width, agent.imitation.tokens, agent.size) == (16, 256, 7)


def test_a_checkpoint_keeps_every_part(tmp_path):
    search, improvement = SearchSettings("symmetric", 7), ImprovementSettings(samples=3)
    agent = BQNCO(problem="OP", network=TINY, imitation={"tokens": 64}, improvement=improvement, search=search, seed=1)
    agent.save(tmp_path / "agent")
    again = BQNCO.load(tmp_path / "agent")
    assert (again.imitation, again.improvement, again.search) == (agent.imitation, improvement, search)
    assert again.policy.settings == agent.policy.settings


def test_solve_takes_its_decoding_from_the_settings_unless_told_otherwise():
    agent = BQNCO(problem="Knapsack", network=TINY, search={"decoding": "sample"}, seed=1)
    instance = generate("Knapsack", 1, 9, 0)[0]
    assert agent.solve(instance).decoding == "sample"
    assert agent.solve(instance, "greedy").decoding == "greedy"


def test_a_file_without_search_settings_has_the_defaults(tmp_path, parts):
    tensors, metadata = parts
    content = json.loads(metadata["bq-nco"])
    del content["search"]  # as in files from before search had settings
    save_file(tensors, tmp_path / "older.safetensors", metadata | {"bq-nco": json.dumps(content)})
    assert BQNCO.load(tmp_path / "older.safetensors").search == SearchSettings()


def test_a_record_exchanges_one_part_of_a_problem():
    """The seam of experiments: other states and another sampler, with nothing patched."""
    drawn = []

    class Marked(TSP):
        """States that say that they are others."""

    def draw(source, tokens, generator):
        drawn.append(type(source.problem))
        return TOURS.draw(source, tokens, generator)

    learning = replace(PROBLEMS["TSP"].learning, states=Marked, sampler=TOURS._replace(draw=draw))
    agent = BQNCO(
        problem=replace(PROBLEMS["TSP"], learning=learning), network=TINY, size=6, num_instances=4, seed=0
    ).learn(50)
    assert isinstance(agent.problem, Marked)
    assert set(drawn) == {Marked}


def test_an_unknown_problem_is_named():
    with pytest.raises(SettingError, match="TSP"):
        BQNCO(problem="TPS")
