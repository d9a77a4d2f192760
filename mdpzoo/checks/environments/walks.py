"""Checks of every step of some episodes: membership, types, finite numbers, masks and illegal actions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action, legal_rows, require_equal
from mdpzoo.errors import IllegalActionError
from mdpzoo.interop.shells.states import mapped

EPISODES, STEPS = 4, 150  # of a walk


def check_observation(space: spaces.Space[Any], seen: Any, where: str) -> None:
    """Checks that an observation is an element of a space, of the space's own type and finite.

    Raises:
        AssertionError: if not; says where.
    """
    if isinstance(space, spaces.Dict):
        assert isinstance(seen, Mapping), f"the observation {where} is {type(seen).__name__}, not a dictionary"
        assert seen.keys() == space.spaces.keys(), f"the observation {where} has entries {sorted(seen)}"
        for name, part in space.spaces.items():
            check_observation(part, seen[name], f"{where}, entry {name!r}")
        return
    if isinstance(space, spaces.Discrete):
        whole = np.ndim(seen) == 0 and np.issubdtype(np.asarray(seen).dtype, np.integer)
        assert whole, f"the observation {where} is {type(seen).__name__}, not an integer"
    elif space.shape is not None:
        assert isinstance(seen, np.ndarray | np.generic), f"the observation {where} is {type(seen).__name__}, no array"
        array = np.asarray(seen)
        assert array.dtype == space.dtype, f"the observation {where} is {array.dtype}, its space {space.dtype}"
        assert array.shape == space.shape, f"the observation {where} has shape {array.shape}, its space {space.shape}"
        assert np.isfinite(array).all(), f"the observation {where} is not finite"
    assert seen in space, f"the observation {where} lies outside {space!s:.60}: {seen!s:.60}"


def every_step(subject: Subject) -> None:
    """Plays episodes and checks each observation, reward, flag and mask."""
    env = subject.make()
    generator = np.random.default_rng(0)
    for episode in range(EPISODES):
        seen, info = env.reset(seed=episode)
        check_observation(env.observation_space, seen, "of reset()")
        assert isinstance(info, dict), f"the info of reset() is {type(info).__name__}"
        for step in range(STEPS):
            _check_mask(env, seen, f"at step {step}")
            seen, reward, terminated, truncated, info = env.step(legal_action(env, generator))
            where = f"after step {step + 1}"
            check_observation(env.observation_space, seen, where)
            assert isinstance(reward, int | float | np.number), f"the reward {where} is {type(reward).__name__}"
            assert np.isfinite(reward), f"the reward {where} is {reward}"
            for name, flag in (("terminated", terminated), ("truncated", truncated)):
                assert isinstance(flag, bool | np.bool_), f"{name} {where} is {type(flag).__name__}, not bool"
            if terminated or truncated:
                break
    env.close()


def raw_types(subject: Subject) -> None:
    """Checks the observations of batched rules before a shell converts them: types, shapes and masks."""
    problem = subject.batched()
    for where, observed, mask in _batched_walk(problem):
        pairs = observed.items() if isinstance(observed, Mapping) else [("", observed)]
        for name, tensor in pairs:
            space: Any = problem.observation_space
            space = space[name] if name else space
            found = str(tensor.dtype).removeprefix("torch.")
            assert found == str(space.dtype), f"the tensor {name!r} {where} is {found}, its space says {space.dtype}"
            assert tensor.shape[1:] == space.shape, f"the tensor {name!r} {where} has shape {list(tensor.shape)}"
        if mask is not None and isinstance(observed, Mapping) and "action_mask" in observed:
            same = (observed["action_mask"].bool() == mask).all()
            assert bool(same), f"the observation's action_mask {where} differs from action_mask()"


def masks_are_true(subject: Subject) -> None:
    """Plays every action in every state of some episodes: exactly the masked-out ones must be illegal."""
    rules = subject.rules()
    try:
        problem = subject.batched()
    except NotApplicable:
        return _model_masks(rules)
    import torch

    if not isinstance(problem.action_space, spaces.Discrete):
        raise NotApplicable("the actions are not finite, so none has a mask")
    count = int(problem.action_space.n)
    every = torch.arange(count)
    looked, illegal_seen = 0, False
    for state, mask, where in _states(problem):
        if mask is None:
            mask = torch.ones(1, count, dtype=torch.bool)
        copies = mapped(state, lambda each: each[:1].expand(count, *each.shape[1:]).clone())
        numbers = torch.full((count, problem.step_draws), 0.5, dtype=torch.float64)
        outcome = problem.step(copies, every, numbers)
        wrong = torch.nonzero(outcome.illegal == mask[0])[:, 0].tolist()
        if wrong:
            action = wrong[0]
            said = "allows" if bool(mask[0, action]) else "forbids"
            found = "illegal" if bool(outcome.illegal[action]) else "legal"
            raise AssertionError(f"the mask {said} action {action} {where}, but a batch reports it as {found}")
        looked, illegal_seen = looked + 1, illegal_seen or not bool(mask.all())
    if not illegal_seen:
        raise NotApplicable(f"every action was legal in the {looked} states looked at")


def refuses_illegal_actions(subject: Subject) -> None:
    """Plays an illegal action: the environment must raise, and the episode must continue."""
    env = subject.make().unwrapped
    if not hasattr(env, "action_masks") or not isinstance(env.action_space, spaces.Discrete):
        raise NotApplicable("every action is always legal")
    generator = np.random.default_rng(1)
    for _ in range(EPISODES):
        seen, _ = env.reset(seed=5)
        for _ in range(STEPS):
            mask = env.action_masks()
            if not mask.all():
                return _play_illegally(subject, env, seen, int(np.flatnonzero(~mask)[0]))
            seen, _, terminated, truncated, _ = env.step(legal_action(env, generator))
            if terminated or truncated:
                break
    raise NotApplicable(f"every action was legal in {EPISODES} episodes of at most {STEPS} steps")


def says_when_it_must_be_reset(subject: Subject) -> None:
    """Steps before the first reset and after the end: an error that names reset()."""
    env = subject.make().unwrapped
    if subject.kind == "environment":
        raise NotApplicable("a simulator has its own rules about this")
    _refuses_step(env, "before the first reset()")
    generator = np.random.default_rng(2)
    env.reset(seed=0)
    for _ in range(20 * STEPS):
        if env.step(legal_action(env, generator))[2]:
            return _refuses_step(env, "after the end of an episode")
    raise NotApplicable(f"no episode ended in {20 * STEPS} steps")


def _refuses_step(env: Any, where: str) -> None:
    import gymnasium

    action = env.action_space.sample()
    try:
        env.step(action)
    except gymnasium.error.ResetNeeded:
        return
    raise AssertionError(f"step() {where} was answered; it must raise ResetNeeded")


def _check_mask(env: Any, seen: Any, where: str) -> None:
    if not hasattr(env.unwrapped, "action_masks"):
        return
    mask = env.unwrapped.action_masks()
    assert mask.dtype == bool, f"action_masks() {where} is {mask.dtype}, not bool"
    width = spaces.flatdim(env.action_space)
    assert mask.shape == (width,), f"action_masks() {where} has shape {mask.shape}, the actions are {width}"
    assert mask.any(), f"action_masks() allows nothing {where}"
    if isinstance(seen, Mapping) and "action_mask" in seen:
        require_equal(f"the observation's action_mask {where}", np.asarray(seen["action_mask"], bool).ravel(), mask)


def _play_illegally(subject: Subject, env: Any, seen: Any, action: int) -> None:
    try:
        env.step(action + int(env.action_space.start))
    except IllegalActionError:
        pass
    else:
        raise AssertionError(f"the illegal action {action} was taken without an IllegalActionError")
    mask = env.action_masks()
    assert not mask[action], f"the refused action {action} changed what is legal"
    generator = np.random.default_rng(0)
    env.step(legal_action(env, generator))  # the episode goes on


def _model_masks(rules: Any) -> None:
    """Does the same for a model, one state at a time."""
    if not hasattr(rules, "action_mask") or not isinstance(rules.action_space, spaces.Discrete):
        raise NotApplicable("this model names no legal actions")
    draw = np.random.default_rng(0).random
    illegal_seen = False
    for _ in range(EPISODES):
        state = rules.initial(draw, None)
        for _ in range(STEPS):
            mask = rules.action_mask(state)
            if mask is None:
                raise NotApplicable("every action is always legal")
            for action in range(len(mask)):
                try:
                    rules.step(state, action, draw)
                except IllegalActionError:
                    assert not mask[action], f"the mask allows action {action}, but the model refuses it"
                else:
                    assert mask[action], f"the mask forbids action {action}, but the model takes it"
            illegal_seen = illegal_seen or not np.all(mask)
            state, _, ended = rules.step(state, int(np.random.default_rng(1).choice(np.flatnonzero(mask))), draw)
            if ended:
                break
    if not illegal_seen:
        raise NotApplicable("every action was legal in the states looked at")


def _states(problem: Any) -> Iterator[tuple[Any, Any, str]]:
    """Yields batches of one state, its mask and its position, over some episodes."""
    import torch

    generator = torch.Generator().manual_seed(0)

    def numbers(count: int) -> Any:
        return torch.rand(1, count, dtype=torch.float64, generator=generator)

    for episode in range(EPISODES):
        state = problem.initial(numbers(problem.initial_draws), None)
        for step in range(STEPS // EPISODES):
            mask = problem.action_mask(state)
            yield state, mask, f"at step {step} of episode {episode}"
            assert mask is None or bool(mask.any()), "action_mask() allows nothing in an episode that has not ended"
            action = legal_rows(problem.action_space, mask, 1, generator)
            outcome = problem.step(state, action, numbers(problem.step_draws))
            if bool(outcome.terminated[0]):
                break
            state = outcome.state


def _batched_walk(problem: Any) -> Iterator[tuple[str, Any, Any]]:
    for state, mask, where in _states(problem):
        yield where, problem.observe(state), mask


CHECKS: dict[str, Callable[[Subject], None]] = {
    "every step's observation, reward and mask is right": every_step,
    "the batched rules observe in the spaces' own types": raw_types,
    "masks allow the legal actions and no others": masks_are_true,
    "illegal actions raise, and nothing is lost": refuses_illegal_actions,
    "a step without an episode raises ResetNeeded": says_when_it_must_be_reset,
}
