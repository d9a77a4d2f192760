"""The state of a learner, as named arrays that the compiled functions of this room change in place."""

from typing import NamedTuple

import numpy as np

from mdpzoo_nonstationary.detectors.forecaster_banks import Forecasters, forecasters

L1, BERNSTEIN, KL, BOXES, POSTERIOR, KNOWN = range(6)  # kinds of confidence sets
TRANSITION_STREAM, REWARD_STREAM, SCHEDULE = range(3)  # causes of a restart

DESIGN = np.dtype(
    [
        ("kind", np.int64),  # of confidence set
        ("delta", np.float64),  # probability that the sets may fail with
        ("radius_scale", np.float64),  # multiplies the logarithms of the radii
        ("explore", np.float64),  # probability of a uniform action
        ("reward_low", np.float64),  # rewards lie in [low, low + width]
        ("reward_width", np.float64),
        ("horizon", np.int64),  # steps that sliding windows and bandits are tuned for
        ("detects", np.int64),  # whether detectors restart the learner
        ("bins", np.int64),  # of the reward stream; 0: none, 2: Bernoulli rounding
        ("eta", np.int64),  # the detectors' choice
        ("eta_delta", np.float64),  # delta of one stream
        ("local", np.int64),  # whether an alarm resets its own pair only
        ("block", np.int64),  # steps between two choices of the bandit; 0: no bandit
    ]
)
CLOCK = np.dtype(
    [
        ("step", np.int64),  # steps taken
        ("since", np.int64),  # the step of the last restart
        ("planned", np.int64),  # the step of the last plan
        ("restarts", np.int64),
        ("plans", np.int64),
        ("next_restart", np.int64),  # place in the schedule
        ("window", np.int64),  # steps that counts go back; 0: to the restart
        ("widening", np.float64),  # added to the radii of transitions
        ("filled", np.int64),  # steps in the ring
        ("head", np.int64),  # place of the ring's oldest step
        ("arm", np.int64),  # of the bandit
        ("earned", np.float64),  # in the present block
        ("ago", np.int64),  # samples of the alarming stream since its estimated change
        ("key", np.uint64),  # of the learner's own random stream
        ("drawn", np.uint64),
        ("events", np.int64),  # restarts noted in ``events``
    ]
)
EVENT = np.dtype([("step", np.int64), ("pair", np.int64), ("stream", np.int64), ("ago", np.int64)])
PAST = np.dtype([("state", np.int64), ("action", np.int64), ("after", np.int64), ("reward", np.float64)])
ARM = np.dtype([("window", np.int64), ("widening", np.float64), ("score", np.float64), ("share", np.float64)])


class Counts(NamedTuple):
    """The counts since the last restart, or in the window.

    Attributes:
        visits: ``[S, A]`` float64.
        before: ``[S, A]`` float64, ``visits`` at the last plan.
        fresh: ``[S, A]`` float64, visits since the last plan.
        transitions: ``[S, A, S]`` float64.
        rewards: ``[S, A]`` float64, sums, each reward in [0, 1].
        squares: ``[S, A]`` float64, sums of squares.
    """

    visits: np.ndarray
    before: np.ndarray
    fresh: np.ndarray
    transitions: np.ndarray
    rewards: np.ndarray
    squares: np.ndarray


class Sets(NamedTuple):
    """The models that a plan may choose from.

    Attributes:
        rewards: ``[S, A]`` float64, the largest mean rewards.
        centre: ``[S, A, S]`` float64, estimated transitions.
        radius: ``[S, A]`` float64, of the L1 ball, or the KL divergence; the ``slack`` of the support of UCRL3's boxes.
        low: ``[S, A, S]`` float64, least probabilities; one entry unless the sets are boxes.
        high: ``[S, A, S]`` float64, largest probabilities; one entry unless the sets are boxes.
    """

    rewards: np.ndarray
    centre: np.ndarray
    radius: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Learner(NamedTuple):
    """A learner.

    Attributes:
        design: ``[1]`` records, its settings.
        clock: ``[1]`` records.
        counts: see ``Counts``.
        sets: see ``Sets``.
        pairs: detectors of next states, S A streams over S symbols; one tiny stream if it has none.
        earnings: detectors of rewards, S A streams; one tiny stream if it has none.
        policy: ``[S]`` int64, actions.
        values: ``[S]`` float64, the last plan's.
        ahead: ``[S]`` float64, buffer for the next iteration's.
        ranking: ``[S]`` int64, states by value, the best first.
        schedule: ``[R]`` int64, ascending steps before which the learner restarts.
        known: ``[R + 1, S]`` int64, the policies of ``KNOWN`` between those steps; ``[1, 1]`` for the others.
        ring: ``[W]`` records, the steps of the window.
        arms: ``[J]`` records, windows and widenings that a bandit chooses from.
        events: ``[E]`` records, the restarts since the last reading.
    """

    design: np.ndarray
    clock: np.ndarray
    counts: Counts
    sets: Sets
    pairs: Forecasters
    earnings: Forecasters
    policy: np.ndarray
    values: np.ndarray
    ahead: np.ndarray
    ranking: np.ndarray
    schedule: np.ndarray
    known: np.ndarray
    ring: np.ndarray
    arms: np.ndarray
    events: np.ndarray


def blank(
    design: np.ndarray, states: int, actions: int, hypotheses: int, schedule: np.ndarray, known: np.ndarray | None,
    ring: int, arms: np.ndarray, events: int,
) -> Learner:  # fmt: skip
    """Builds an untrained learner; arrays that its design does not need have one entry.

    Args:
        design: ``[1]`` records.
        states: S.
        actions: A.
        hypotheses: forecasters that a detector keeps, the root included.
        schedule: ``[R]`` int64.
        known: ``[R + 1, S]`` int64, or None.
        ring: steps of the longest window; 0: none.
        arms: ``[J]`` records, at least one.
        events: capacity for restarts between two readings.
    """
    shape, boxes = (states, actions), design["kind"][0] in (BERNSTEIN, BOXES)
    table = (states, actions, states)
    bounds = np.zeros((2, *(table if boxes else (1, 1, 1))))
    streams = states * actions if design["detects"][0] else 1
    bins, kept = int(design["bins"][0]), hypotheses - 1
    return Learner(
        design,
        np.zeros(1, CLOCK),
        Counts(*(np.zeros(each) for each in (shape, shape, shape, table, shape, shape))),
        Sets(np.ones(shape), np.full(table, 1 / states), np.zeros(shape), bounds[0], bounds[1]),
        forecasters(streams, states, kept) if design["detects"][0] else forecasters(1, 2, 2),
        forecasters(streams, bins, kept) if bins else forecasters(1, 2, 2),
        np.zeros(states, np.int64),
        np.zeros(states),
        np.zeros(states),
        np.arange(states),
        np.ascontiguousarray(schedule, np.int64),
        np.zeros((1, 1), np.int64) if known is None else np.ascontiguousarray(known, np.int64),
        np.zeros(max(ring, 1), PAST),
        arms,
        np.zeros(events, EVENT),
    )
