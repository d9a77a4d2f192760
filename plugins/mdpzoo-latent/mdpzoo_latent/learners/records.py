"""The state of a learner: counts, and the plan derived from them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mdpzoo_latent.learners.designs import Design, LearnerSettings
from mdpzoo_latent.planning.processes import BeliefProcess, of_latent
from mdpzoo_latent.planning.trees import BeliefTree, grow_tree


class Counts(NamedTuple):
    """The counts of observed steps, weighted by the probability of the context if it is not revealed.

    Attributes:
        visits: ``[M, S, A]`` float64.
        moves: ``[M, S, A, S]`` float64.
        paid: ``[M, S, A]`` float64, sums of rewards.
        starts: ``[M, S]`` float64, episodes by context and first state.
        planned: ``[M, S, A]`` float64, the visits at the present plan.
    """

    visits: np.ndarray
    moves: np.ndarray
    paid: np.ndarray
    starts: np.ndarray
    planned: np.ndarray


class Plan(NamedTuple):
    """The current plan; branch ``(s A + a) S + s'`` is the move from s by a to s'.

    Attributes:
        kernels: ``[S A S, M, 1]`` float64, the estimated probabilities.
        beliefs: ``[n, M]`` float64, of the tree's nodes under them.
        chosen: ``[n]`` int32, actions.
        leaves: ``[S, A, M]`` float64, the value of each action in the last step.
    """

    kernels: np.ndarray
    beliefs: np.ndarray
    chosen: np.ndarray
    leaves: np.ndarray


@dataclass(eq=False)
class Learner:
    """A learner; ``counts`` and ``plan`` change in place.

    Attributes:
        design: its components.
        settings: its settings, contexts, horizon and starts among them.
        tree: the histories that can occur: their last states and their counts of moves, whatever the model.
        roots: ``[S]`` int64, the node of each first state; -1: not a first state.
        counts: the counts of observed steps.
        plan: the current plan.
        generator: of sampled models.
        plans: number of plans made.
    """

    design: Design
    settings: LearnerSettings
    tree: BeliefTree
    roots: np.ndarray
    counts: Counts
    plan: Plan
    generator: np.random.Generator
    plans: int = 0


PROBES = 4  # weights of a history's moves; histories with equal weights are one


def history_tree(states: int, actions: int, horizon: int, starts: list[int], ordered: bool) -> BeliefTree:
    """Grows the tree of the histories of at most ``horizon - 1`` steps, those with equal counts of moves as one node.

    Args:
        states: S; every state can follow every other.
        actions: A.
        horizon: steps of an episode; the last level is left out.
        starts: first states.
        ordered: False: only step and state matter, not the rest of the past.
    """
    # a belief over hidden parts with generic likelihoods distinguishes counts; small ones keep it away from 0 and 1
    generator = np.random.default_rng(0)
    spread = 0.3 if ordered else 0.0
    probes = np.exp(spread * generator.uniform(-1, 1, (PROBES, states, actions, states)))
    start = np.zeros((PROBES, states))
    start[:, starts] = 1.0
    process = of_latent(probes, np.zeros((PROBES, states, actions)), start)
    return grow_tree(process, max(horizon - 2, 0))


def blank(design: Design, settings: LearnerSettings, states: int, actions: int, seed: int | None) -> Learner:
    """Returns an untrained learner; its settings define contexts, horizon and starts."""
    assert settings.contexts is not None
    assert settings.horizon is not None
    assert settings.starts is not None
    tree = history_tree(states, actions, settings.horizon, settings.starts, settings.contexts > 1)
    count, nodes = settings.contexts, len(tree.visible)
    roots = np.full(states, -1)
    roots[tree.visible[: tree.levels[1]]] = np.arange(tree.levels[1])
    pairs = (count, states, actions)
    counts = Counts(
        np.zeros(pairs), np.zeros((*pairs, states)), np.zeros(pairs), np.zeros((count, states)), np.zeros(pairs)
    )
    plan = Plan(
        np.zeros((states * actions * states, count, 1)),
        np.full((nodes, count), 1 / count),
        np.zeros(nodes, np.int32),
        np.zeros((states, actions, count)),
    )
    generator = np.random.default_rng(None if seed is None else [seed, 1])
    return Learner(design, settings, tree, roots, counts, plan, generator)


def process_under(tree: BeliefTree, kernels: np.ndarray) -> BeliefProcess:
    """Returns the tree's process with other kernels ``[S A S, M, 1]`` on the same branches."""
    own = tree.process
    return BeliefProcess(
        own.offsets, own.targets, own.labels, kernels, own.rewards, own.roots, own.root_states, own.root_labels
    )
