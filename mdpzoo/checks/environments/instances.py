"""Checks of several single environments: the seed determines everything, and no two share state."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action, require_equal
from mdpzoo.checks.traces import require_same_trace, single_trace, trace_of

STEPS = 40


def the_seed_decides_everything(subject: Subject) -> None:
    """Plays one seed in an environment, in a second one, and again in the first."""
    env = subject.make()
    first, _ = trace_of(env, 0)
    require_same_trace("a second environment", single_trace(subject, 0)[0], first)
    require_same_trace("the same environment, seeded again", trace_of(env, 0)[0], first)


def instances_share_nothing(subject: Subject) -> None:
    """Plays an environment alone, then interleaved with another one's steps."""
    expected, _ = single_trace(subject, 0)
    env, other = subject.make(), subject.make()
    assert env.action_space is not other.action_space, "two environments share an action space, and with it its seed"
    generator = np.random.default_rng(99)
    other.reset(seed=99)

    def play_other() -> None:
        _, _, terminated, truncated, _ = other.step(legal_action(other, generator))
        if terminated or truncated:
            other.reset()

    found, _ = trace_of(env, 0, play_other)
    require_same_trace("an environment beside another", found, expected)


def keeps_what_it_showed(subject: Subject) -> None:
    """Keeps observations and infos and checks that no later step has modified them."""
    env = subject.make()
    generator = np.random.default_rng(0)
    shown = [env.reset(seed=0)]
    kept = copy.deepcopy(shown)
    for _ in range(STEPS):
        seen, _, terminated, truncated, info = env.step(legal_action(env, generator))
        shown.append((seen, info))
        kept.append(copy.deepcopy((seen, info)))
        if terminated or truncated:
            shown.append(env.reset())
            kept.append(copy.deepcopy(shown[-1]))
    for step, ((seen, _), (copied, _)) in enumerate(zip(shown, kept, strict=True)):
        require_same_parts(f"observation number {step}, after later steps,", seen, copied)


def keeps_its_action(subject: Subject) -> None:
    """Checks that ``step`` does not modify its action."""
    env = subject.make()
    env.reset(seed=0)
    action = legal_action(env, np.random.default_rng(0))
    before = copy.deepcopy(action)
    env.step(action)
    require_same_parts("the action after step()", action, before)


def rewards_keep_their_range(subject: Subject) -> None:
    """Checks every reward against ``reward_range``, a pair that the environment or its rules may declare."""
    env = subject.make()
    declared = getattr(env.unwrapped, "reward_range", None)
    if declared is None and subject.kind in ("model", "problem"):
        declared = getattr(subject.rules(), "reward_range", None)
    if declared is None:
        raise NotApplicable("it declares no reward_range")
    low, high = declared
    for row in range(3):
        rewards = [event[2] for event in single_trace(subject, row)[0] if event[0] == "step"]
        for step, reward in enumerate(rewards):
            assert low <= reward <= high, f"the reward {reward} of step {step + 1} lies outside {low}..{high}"


def require_same_parts(where: str, found: Any, expected: Any) -> None:
    """Compares two observations or actions, tuples part by part.

    Raises:
        AssertionError: if they differ; says where.
    """
    if isinstance(expected, tuple):
        for place, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
            require_same_parts(f"{where} part {place}", mine, theirs)
    else:
        require_equal(where, found, expected)


CHECKS: dict[str, Callable[[Subject], None]] = {
    "the seed decides everything": the_seed_decides_everything,
    "two environments share nothing": instances_share_nothing,
    "what it has shown stays as it was": keeps_what_it_showed,
    "step leaves its action as it was": keeps_its_action,
    "rewards lie in the declared range": rewards_keep_their_range,
}
