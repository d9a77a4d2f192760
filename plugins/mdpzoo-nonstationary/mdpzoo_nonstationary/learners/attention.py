"""The responses of a learner to a step that calls for attention: restarting and replanning.

R-BOCPD-UCRL2 (Alami, Mahfoud and Moulines 2023) is UCRL2 (Jaksch, Ortner and Auer 2010) with a detector for each pair's
next states and one for its rewards; an alarm makes it forget everything, and the radii start again.

What differs from the papers: the loop is assembled from UCRL2 and the detector, not from the authors' listing; the
doubling criterion is checked for the pair just visited.
"""

import math

import numpy as np

from mdpzoo_nonstationary.detectors.forecaster_banks import restart
from mdpzoo_nonstationary.learners import bandit
from mdpzoo_nonstationary.learners.confidence import update_sets
from mdpzoo_nonstationary.learners.optimism import plan
from mdpzoo_nonstationary.learners.records import (
    KNOWN,
    POSTERIOR,
    REWARD_STREAM,
    SCHEDULE,
    TRANSITION_STREAM,
    Learner,
)
from mdpzoo_nonstationary.learners.stepping import BLOCK_END, REWARD_ALARM, SCHEDULED, TRANSITION_ALARM

EVERYTHING = -1  # in place of a pair


def begin(learner: Learner) -> None:
    """Makes the first plan, unless there is one."""
    if learner.clock["plans"][0] == 0:
        if learner.design["block"][0]:
            bandit.choose_arm(learner)
        replan(learner)


def attend(learner: Learner, state: int, action: int, todo: int) -> None:
    """Responds to a step; ``todo`` is the result of ``stepping.absorb``."""
    clock = learner.clock[0]
    pair = state * learner.counts.visits.shape[1] + action
    if todo & TRANSITION_ALARM:
        start_again(learner, pair, TRANSITION_STREAM, int(clock["ago"]))
    if todo & REWARD_ALARM:
        start_again(learner, pair, REWARD_STREAM, int(clock["ago"]))
    if todo & SCHEDULED:
        clock["next_restart"] += 1
        if learner.design["kind"][0] != KNOWN:
            start_again(learner, EVERYTHING, SCHEDULE, 0)
    if todo & BLOCK_END:
        bandit.credit_arm(learner)
        bandit.choose_arm(learner)
        forget(learner)
    replan(learner)


def start_again(learner: Learner, pair: int, stream: int, ago: int) -> None:
    """Forgets everything, or with local scope the alarmed pair only, and records the restart.

    Args:
        learner: changed in place.
        pair: the alarmed pair, ``state * A + action``, or -1.
        stream: the cause of the restart, a constant of ``records``.
        ago: samples of the stream since its estimated change.
    """
    design, clock = learner.design[0], learner.clock[0]
    clock["restarts"] += 1
    if clock["events"] < len(learner.events):
        learner.events[clock["events"]] = (clock["step"], pair, stream, ago)
        clock["events"] += 1
    if not (design["local"] and pair >= 0):
        return forget(learner)
    for each in learner.counts:
        each[divmod(pair, learner.counts.visits.shape[1])] = 0.0
    for bank in (learner.pairs, learner.earnings):
        if pair < len(bank.cursors):
            restart(bank, pair)


def forget(learner: Learner) -> None:
    """Resets the counts and all detectors."""
    clock = learner.clock[0]
    clock["since"], clock["filled"], clock["head"] = clock["step"], 0, 0
    for each in learner.counts:
        each[:] = 0.0
    for bank in (learner.pairs, learner.earnings):
        bank.totals["count"] = 0
        bank.cursors[:] = np.zeros(1, bank.cursors.dtype)


def replan(learner: Learner) -> None:
    """Plans from the current counts. Costs O(S^2 A) an iteration of value iteration."""
    kind, clock = int(learner.design["kind"][0]), learner.clock[0]
    clock["plans"] += 1
    clock["planned"] = clock["step"]
    if kind == KNOWN:
        learner.policy[:] = learner.known[clock["next_restart"]]
        return
    learner.counts.before[:] = learner.counts.visits
    learner.counts.fresh[:] = 0.0
    update_sets(learner.design, learner.clock, learner.counts, learner.sets)
    steps = float(clock["step"] - clock["since"] + 1)
    tolerance = 1 / steps if kind == POSTERIOR else 1 / math.sqrt(steps)
    plan(learner.sets, kind, tolerance, learner.policy, learner.values, learner.ahead, learner.ranking)
