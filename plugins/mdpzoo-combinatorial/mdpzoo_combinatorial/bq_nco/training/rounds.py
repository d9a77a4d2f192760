"""The labels that an agent imitates: from files, by an expert, or its own best solutions in rounds."""

from typing import TYPE_CHECKING

from mdpzoo_combinatorial.bq_nco.training.improvement import Pool
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, make_labels, read_labels

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO


def labels_of(agent: "BQNCO") -> list[Labels]:
    """Returns the labels of the agent's files or, if there are none, those of its expert."""
    if agent.labels:
        return [read_labels(each) for each in agent.labels]
    name, count = agent.problem.name, agent.num_instances
    return [make_labels(name, count, agent.size, seed=agent.label_seed, expert=agent.expert)]


def next_round(agent: "BQNCO") -> tuple[list[Labels], int]:
    """Returns the best solutions and the number of decisions at the end of the round.

    At the end of a round, the network samples new solutions, which replace worse ones in the pool.
    """
    if agent.pool is None:
        agent.pool = Pool(agent.problem, agent.num_instances, agent.size, agent.label_seed)
    if agent.progress.decisions >= agent.progress.rounds * agent.improvement.decisions:
        agent.pool.improve(agent.policy.network, agent.policy.settings.relative, agent.improvement)
        agent.progress.rounds = agent.pool.rounds
    return [agent.pool.labels()], agent.progress.rounds * agent.improvement.decisions
