"""Learners in piecewise-stationary environments at the speed of compiled code, with exact dynamic regret.

The environment draws from the stream of ``reset(seed=...)`` and the learner from its own, as the SB3 agents do: seed s
here is ``make_agent(name, env, seed=s).learn(steps)`` there, step for step. Rewards reach the learner as float32,
as in SB3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mdpzoo import registry, streams
from mdpzoo.codes import build as build_rules
from mdpzoo.compiling import borrowing
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.models.compiled import outcome_limits
from mdpzoo.models.piecewise import PiecewiseMDP
from mdpzoo.planning import solve_average
from mdpzoo_nonstationary.environments.tables import continuing
from mdpzoo_nonstationary.learners.attention import attend, begin
from mdpzoo_nonstationary.learners.chance import draw
from mdpzoo_nonstationary.learners.designs import build, read_settings, settings_of, with_horizon
from mdpzoo_nonstationary.learners.keys import learner_key
from mdpzoo_nonstationary.learners.records import Learner
from mdpzoo_nonstationary.learners.stepping import absorb, choose

POINTS = 200  # of a regret curve, by default
TOLERANCE = 1e-9  # of the optimal gains
SPOT = np.dtype(
    [
        ("state", np.int64),
        ("clock", np.int64),
        ("earned", np.float64),  # rewards so far
        ("last_state", np.int64),  # of the step that called for attention
        ("last_action", np.int64),
        ("key", np.uint64),  # of the environment's stream
        ("drawn", np.uint64),
    ]
)


class World(NamedTuple):
    """A piecewise environment for the compiled loop.

    Attributes:
        offsets: ``[L S A + 1]`` int64, rows of the joint table.
        below: ``[transitions]`` float64, cumulative probabilities, the last of a row infinite.
        successors: ``[transitions]`` int64, states ``0 .. S - 1``.
        rewards: ``[transitions]`` float64.
        changes: ``[K]`` int64, change points up to the horizon.
        turns: ``[K + 1]`` int64, the model of each segment.
        spot: ``[1]`` records, the state of the trajectory.
    """

    offsets: np.ndarray
    below: np.ndarray
    successors: np.ndarray
    rewards: np.ndarray
    changes: np.ndarray
    turns: np.ndarray
    spot: np.ndarray


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """The measurements of ``simulate``; n seeds, P points.

    Attributes:
        regret: ``[n, P]`` float64, dynamic regret up to each point: optimal gains of the segments minus rewards.
        at: ``[P]`` int64, steps taken at each point.
        restarts: for each seed, the steps before which the learner restarted.
        delays: for each seed and each change, steps from the change to the first restart after it and before the next
            change; None where there was none.
        false_alarms: for each seed, restarts that are not the first after a change.
        estimates: for each seed and restart, samples of the alarmed stream after its estimated change; 0 where a
            schedule restarted.
        changes: ``[K]`` int64, the change points.
        gains: ``[K + 1]`` float64, optimal gains of the segments.
        rewards: ``[n, P]`` float64, rewards earned up to each point.
        plans: ``[n]`` int64, number of plans of the learner.
        seeds: the seeds.
        agent: the learner's name.
    """

    regret: np.ndarray
    at: np.ndarray
    restarts: list[list[int]]
    delays: list[list[int | None]]
    false_alarms: list[int]
    estimates: list[list[int]]
    changes: np.ndarray
    gains: np.ndarray
    rewards: np.ndarray
    plans: np.ndarray
    seeds: list[int]
    agent: str


def simulate(
    model_or_id: Any, agent: str, steps: int, seeds: int | Iterable[int] = 10, *, points: int = POINTS, **settings: Any
) -> SimulationResult:
    """Runs a learner in a piecewise-stationary environment, once for each seed.

    Args:
        model_or_id: a ``PiecewiseMDP``, a ``TabularMDP`` or the id of an environment that is one. An episode's end
            is a step to the start distribution.
        agent: the name of a learner, as in ``"r-bocpd-ucrl2"``.
        steps: length of each run.
        seeds: the seeds, or their number, from 0.
        points: number of steps at which regret is recorded, evenly spaced; the last is ``steps``.
        **settings: the learner's, and for an id the environment's.

    Raises:
        SettingError: if the environment has no table, or a setting is unknown or out of its range.
        UnknownNameError: if there is no such environment or learner.

    Costs less than a microsecond a step for small models.
    """
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise SettingError(f"steps must be a whole number of at least 1, got {steps!r}")
    model, own = _model(model_or_id, settings, agent)
    numbers = list(range(seeds)) if isinstance(seeds, int | np.integer) else [int(seed) for seed in seeds]
    low, high = _reward_range(model)
    if not 0 <= low <= high <= 1:
        own.setdefault("reward_range", (low, high if high > low else low + 1.0))
    chosen = with_horizon(read_settings(agent, own), int(steps))
    at = np.unique(np.linspace(0, steps, min(points, int(steps)) + 1).astype(np.int64)[1:])
    best = {id(each): solve_average(each, TOLERANCE).gain for each in model.models}
    changes = model.change_points(int(steps))
    gains = np.array([best[id(model.at(int(t)))] for t in np.append(0, changes)])
    optimal = _optimal_rewards(gains, changes, at)
    longest = int(np.diff(at, prepend=0).max())
    rewards, plans, restarts, estimates = np.zeros((len(numbers), len(at))), [], [], []
    world = world_of(model, int(steps))
    for row, seed in enumerate(numbers):
        learner = build(agent, chosen, model.num_states, model.num_actions, model, longest)
        learner.clock["key"] = learner_key(seed)
        steps_of_restarts, samples = _run(world, learner, seed, model, at, rewards[row])
        restarts.append(steps_of_restarts)
        estimates.append(samples)
        plans.append(int(learner.clock["plans"][0]))
    delays = [delays_of(each, changes, int(steps)) for each in restarts]
    false = [len(each) - sum(d is not None for d in delay) for each, delay in zip(restarts, delays, strict=True)]
    return SimulationResult(
        optimal - rewards, at, restarts, delays, false, estimates, changes, gains, rewards,
        np.array(plans), numbers, agent,
    )  # fmt: skip


def delays_of(restarts: list[int], changes: np.ndarray, steps: int) -> list[int | None]:
    """Returns, for each change, the steps to the first restart after it and before the next change, or None."""
    ends = np.append(changes[1:], steps + 1)[: len(changes)].tolist()
    return [
        next((restart - change for restart in restarts if change <= restart < end), None)
        for change, end in zip(changes.tolist(), ends, strict=True)
    ]


def world_of(model: PiecewiseMDP, steps: int) -> World:
    """Converts a model without terminal states for runs of ``steps`` steps."""
    joint = model.joint()
    below = outcome_limits(joint.probabilities, joint.offsets)
    changes = model.change_points(steps)
    places = {id(each): place for place, each in reversed(list(enumerate(model.models)))}
    turns = np.array([places[id(model.at(int(t)))] for t in np.append(0, changes)])
    return World(
        joint.offsets.copy(), below, joint.successors.astype(np.int64) % model.num_states, joint.rewards.copy(),
        np.array(changes), turns, np.zeros(1, SPOT),
    )  # fmt: skip


@borrowing
def play(world, learner, end):  # type: ignore[no-untyped-def]
    """Plays until step ``end``, or until a step calls for attention; returns the call, 0 at the end."""
    spot, design, clock = world.spot[0], learner.design[0], learner.clock[0]
    offsets, below, successors, paid, changes, turns, _ = world
    policy, schedule, ring = learner.policy, learner.schedule, learner.ring
    visits, before, fresh, transitions, rewards, squares = learner.counts
    totals, bases, starts, ratios, bits, cursors = learner.pairs
    earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors = learner.earnings
    states, actions = visits.shape
    segment = 0
    while segment < len(changes) and changes[segment] <= spot.clock:
        segment += 1
    following = changes[segment] if segment < len(changes) else np.int64(2**62)
    state, todo = spot.state, 0
    while spot.clock < end and todo == 0:
        if spot.clock == following:
            segment += 1
            following = changes[segment] if segment < len(changes) else np.int64(2**62)
        action = choose(design, clock, policy, actions, state)
        row = (turns[segment] * states + state) * actions + action
        first, last, number = offsets[row], offsets[row + 1] - 1, draw(spot)
        while first < last:  # the first entry of the row above the number
            middle = (first + last) // 2
            if below[middle] <= number:
                first = middle + 1
            else:
                last = middle
        after, reward = successors[first], paid[first]
        todo = absorb(
            design, clock, schedule, ring,
            visits, before, fresh, transitions, rewards, squares,
            totals, bases, starts, ratios, bits, cursors,
            earned_totals, earned_bases, earned_starts, earned_ratios, earned_bits, earned_cursors,
            state, action, np.float64(np.float32(reward)), after,
        )  # fmt: skip
        spot.earned += reward
        spot.last_state, spot.last_action = state, action
        state = after
        spot.clock += 1
    spot.state = state
    return todo


def _run(
    world: World, learner: Learner, seed: int, model: PiecewiseMDP, at: np.ndarray, rewards: np.ndarray
) -> tuple[list[int], list[int]]:
    """Fills ``rewards`` ``[P]``, and returns the steps of restarts and the samples since the estimated changes."""
    spot, restarts, samples = world.spot[0], [], []
    spot["key"], spot["drawn"], spot["clock"], spot["earned"] = streams.key(seed), 1, 0, 0.0
    first = streams.uniforms(np.array([spot["key"]]), np.zeros(1, np.uint64), 1)[0, 0]
    spot["state"] = model.at(0).initial(lambda: float(first))
    begin(learner)
    for point, end in enumerate(at.tolist()):
        while todo := play(world, learner, end):
            attend(learner, int(spot["last_state"]), int(spot["last_action"]), todo)
        rewards[point] = spot["earned"]
        count = int(learner.clock["events"][0])
        restarts += learner.events["step"][:count].tolist()
        samples += learner.events["ago"][:count].tolist()
        learner.clock["events"] = 0
    return restarts, samples


def _model(given: Any, settings: dict[str, Any], agent: str) -> tuple[PiecewiseMDP, dict[str, Any]]:
    """Returns the environment as endless tables, and the learner's settings."""
    own = dict(settings)
    if isinstance(given, str):
        spec = registry.environment(given)
        taken = set(settings_of(agent)) & own.keys()
        ours = {name: own.pop(name) for name in list(own) if name not in taken}
        given = build_rules(spec.rules, {**spec.settings, **ours}, given)
    rules = getattr(getattr(given, "unwrapped", given), "rules", given)
    if isinstance(rules, TabularMDP):
        rules = PiecewiseMDP((rules,), [])
    if not isinstance(rules, PiecewiseMDP):
        raise SettingError(f"simulate needs a PiecewiseMDP, a TabularMDP or the id of one, got {type(rules).__name__}")
    tables = tuple(continuing(each) for each in rules.models)
    return PiecewiseMDP(tables, rules.changes, rules.order, rules.period, rules.clock), own


def _reward_range(model: PiecewiseMDP) -> tuple[float, float]:
    return min(float(each.rewards.min()) for each in model.models), max(
        float(each.rewards.max()) for each in model.models
    )


def _optimal_rewards(gains: np.ndarray, changes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Returns the sum of optimal gains up to each point, ``[P]``."""
    edges = np.append(0, changes)
    lengths = np.clip(at[:, None] - edges, 0, np.append(np.diff(edges), np.iinfo(np.int64).max))
    return lengths @ gains
