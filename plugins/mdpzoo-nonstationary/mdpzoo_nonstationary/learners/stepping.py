"""The compiled step of every learner: choose an action, count, feed the detectors.

The compiled simulation and the SB3 loop run the same functions; responses to a step (a restart, a plan) are rare and
implemented in ``attention.py``. Arrays are separate arguments: unpacking a learner's tuples here would cost more than
all the rest.
"""

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_nonstationary.detectors.forecaster_banks import observe
from mdpzoo_nonstationary.learners.chance import draw
from mdpzoo_nonstationary.learners.counting import count
from mdpzoo_nonstationary.learners.records import KNOWN

DOUBLED, TRANSITION_ALARM, REWARD_ALARM, SCHEDULED, BLOCK_END = 1, 2, 4, 8, 16  # possible calls for attention


@borrowing
def choose(design, clock, policy, actions, state):  # type: ignore[no-untyped-def]
    """Returns the action to play in a state."""
    action = policy[state]
    if design.explore > 0.0 and draw(clock) < design.explore:
        action = min(np.int64(draw(clock) * actions), actions - 1)
    return action


@borrowing
def absorb(  # type: ignore[no-untyped-def]
    design, clock, schedule, ring,
    visits, before, fresh, transitions, rewards, squares,
    totals, bases, starts, ratios, bits, cursors,
    earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors,
    state, action, reward, after,
):  # fmt: skip
    """Counts a step and feeds the detectors; returns its calls for attention, a sum of the constants above.

    ``reward`` is the environment's, unscaled.
    """
    clock.step += 1
    todo = 0
    if clock.next_restart < len(schedule) and clock.step >= schedule[clock.next_restart]:
        todo = SCHEDULED
    if design.kind != KNOWN:
        reward = min(max((reward - design.reward_low) / design.reward_width, 0.0), 1.0)
        count(visits, fresh, transitions, rewards, squares, ring, clock, state, action, after, reward)
        if design.detects > 0:
            pair = state * visits.shape[1] + action
            start = observe(totals, bases, starts, ratios, bits, cursors, pair, after, design.eta, design.eta_delta)
            if start >= 0:
                clock.ago = cursors[pair].count - start
                todo += TRANSITION_ALARM
            elif design.bins > 0:
                symbol = reward_symbol(design.bins, clock, reward)
                start = observe(
                    earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors,
                    pair, symbol, design.eta, design.eta_delta,
                )  # fmt: skip
                if start >= 0:
                    clock.ago = earned_cursors[pair].count - start
                    todo += REWARD_ALARM
        if design.block > 0:
            clock.earned += reward
            if clock.step % design.block == 0:
                todo += BLOCK_END
        expired = clock.window > 0 and clock.step - clock.planned >= clock.window
        if expired or fresh[state, action] >= max(1.0, before[state, action]):
            todo += DOUBLED
    return todo


@borrowing
def absorb_one(learner, state, action, reward, after):  # type: ignore[no-untyped-def]
    """Calls ``absorb`` with the arrays of a learner; ``reward`` is the environment's, unscaled."""
    visits, before, fresh, transitions, rewards, squares = learner.counts
    totals, bases, starts, ratios, bits, cursors = learner.pairs
    earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors = learner.earnings
    return absorb(
        learner.design[0], learner.clock[0], learner.schedule, learner.ring,
        visits, before, fresh, transitions, rewards, squares,
        totals, bases, starts, ratios, bits, cursors,
        earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors,
        state, action, reward, after,
    )  # fmt: skip


@borrowing
def choose_one(learner, state):  # type: ignore[no-untyped-def]
    """Returns the action to play in a state."""
    return choose(learner.design[0], learner.clock[0], learner.policy, learner.counts.visits.shape[1], state)


@borrowing
def reward_symbol(bins, clock, reward):  # type: ignore[no-untyped-def]
    """Returns the bin of a reward in [0, 1]; with two bins, 1 with the reward as its probability."""
    if bins > 2:
        return min(np.int64(reward * bins), bins - 1)
    if reward <= 0.0 or reward >= 1.0:
        return np.int64(reward)
    return np.int64(draw(clock) < reward)
