"""Conversion between a BQ-NCO agent and the content of its checkpoint."""

from typing import TYPE_CHECKING, Any

import torch

from mdpzoo.errors import CheckpointError
from mdpzoo_combinatorial.bq_nco import checkpoint
from mdpzoo_combinatorial.bq_nco.settings import PARTS
from mdpzoo_combinatorial.bq_nco.training.improvement import Pool
from mdpzoo_combinatorial.bq_nco.training.optimiser import moments, restore_moments
from mdpzoo_combinatorial.problems import PROBLEMS

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO


def content_of(agent: "BQNCO", resumable: bool) -> checkpoint.Checkpoint:
    """Returns an agent's checkpoint, with head, optimiser, sampler and own solutions if it is resumable."""
    network = agent.policy.network
    tensors = {f"network.{name}": each for name, each in network.state_dict().items()}
    if resumable:
        tensors |= moments(network, agent.optimiser)
        if agent.head is not None:
            kept = {f"weight.{name}": each for name, each in agent.head.state_dict().items()}
            kept |= moments(agent.head, agent.optimiser)
            tensors |= {f"{checkpoint.HEAD}{name}": each for name, each in kept.items()}
        tensors["generator"] = agent.generator.get_state()
        if agent.pool is not None and agent.pool.actions is not None:
            tensors["pool"] = agent.pool.actions.to(torch.int16)
    labels = {"size": agent.size, "num_instances": agent.num_instances, "expert": agent.expert, "paths": agent.labels}
    return checkpoint.Checkpoint(
        agent.problem.name,
        agent.policy.settings,
        agent.imitation,
        agent.progress,
        agent.label_seed,
        labels,
        agent.improvement,
        agent.search,
        tensors,
    )


def settings_of(found: checkpoint.Checkpoint) -> dict[str, Any]:
    """Returns the settings of a validated file, as keyword arguments of ``BQNCO``."""
    parts = {name: getattr(found, name) for name in PARTS}
    smallest = PROBLEMS[found.problem].learning.smallest
    return parts | {
        "labels": found.labels["paths"],
        "size": max(smallest, found.labels["size"]),
        "num_instances": max(1, found.labels["num_instances"]),
        "expert": found.labels["expert"],
    }


def restore(agent: "BQNCO", found: checkpoint.Checkpoint) -> None:
    """Restores weights, progress and, if included, head, optimiser, sampler and solutions from a validated file.

    Raises:
        CheckpointError: if the state of the sampler is not valid.
        InstanceError: if the solutions are not solutions of the agent's instances.
    """
    agent.policy.network.load_state_dict(found.weights())
    agent.progress = found.progress
    agent.num_timesteps = found.progress.decisions
    if not found.resumable:
        return
    try:
        agent.generator.set_state(found.tensors["generator"])
    except RuntimeError:
        raise CheckpointError("the checkpoint has no valid state of its sampler") from None
    restore_moments(agent.policy.network, agent.optimiser, found.tensors)
    kept = found.starting(checkpoint.HEAD)
    if agent.head is not None and kept:
        start = "weight."
        agent.head.load_state_dict({name.removeprefix(start): kept[name] for name in kept if name.startswith(start)})
        restore_moments(agent.head, agent.optimiser, kept)
    if "pool" in found.tensors:
        agent.pool = Pool(agent.problem, agent.num_instances, agent.size, agent.label_seed)
        agent.pool.restore(found.tensors["pool"].long(), found.progress.rounds)
