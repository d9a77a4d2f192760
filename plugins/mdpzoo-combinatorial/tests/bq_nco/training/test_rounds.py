"""Rounds of self-improvement: when the agent samples again, and how far it imitates what it has."""

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.training.rounds import next_round


def test_solutions_are_sampled_again_after_as_many_decisions_as_a_round_has():
    agent = BQNCO(
        network=network_settings(width=16, layers=1, heads=2),
        improvement={"decisions": 50, "samples": 1},
        size=5,
        num_instances=3,
        expert="self",
        seed=0,
    )
    ends = []
    for agent.progress.decisions in (0, 49, 50, 105):  # none, still in the first round, at its end, after the second
        labels, until = next_round(agent)
        assert [len(each) for each in labels] == [3]
        ends.append((agent.progress.rounds, until))
    assert ends == [(1, 50), (1, 50), (2, 100), (3, 150)]
