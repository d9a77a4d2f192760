"""What an agent imitates: labels of files, of an expert, or the best of its own solutions, round by round."""

from typing import TYPE_CHECKING

from mdpzoo_combinatorial.bq_nco.training.improvement import Pool
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, make_labels, read_labels

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO


def labels_of(agent: "BQNCO") -> list[Labels]:
    """Returns the labels of the agent's files or, without files, those that its expert makes."""
    if agent.labels:
        return [read_labels(each) for each in agent.labels]
    name, count = agent.problem.name, agent.num_instances
    return [make_labels(name, count, agent.size, seed=agent.label_seed, expert=agent.expert)]


def next_round(agent: "BQNCO") -> tuple[list[Labels], int]:
    """Returns the best solutions known and the number of decisions at which the round ends.

    At the end of a round the network draws solutions anew, of which the better ones replace those of the pool.
    """
    if agent.pool is None:
        agent.pool = Pool(agent.problem, agent.num_instances, agent.size, agent.label_seed)
    if agent.progress.decisions >= agent.progress.rounds * agent.improvement.decisions:
        agent.pool.improve(agent.policy.network, agent.policy.settings.relative, agent.improvement)
        agent.progress.rounds = agent.pool.rounds
    return [agent.pool.labels()], agent.progress.rounds * agent.improvement.decisions
