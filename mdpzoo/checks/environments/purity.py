"""Checks that rules are pure: a step modifies no input state, and the same random numbers give the same result."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.environments.walks import STEPS
from mdpzoo.checks.subject import NotApplicable, Subject, legal_rows, require_equal
from mdpzoo.interop.shells.states import leaves, mapped
from mdpzoo.protocols import BatchedGame

ROWS = 3


def model_is_pure(subject: Subject) -> None:
    """Plays a model or a game twice with the same numbers and compares states before and after each step."""
    rules: Any = subject.rules()
    is_game = subject.kind == "game"
    if isinstance(rules, BatchedGame) or (not is_game and hasattr(rules, "initial_draws")):
        raise NotApplicable("these rules are batched; see the next check")
    generator = np.random.default_rng(0)
    first, second = (_Recorder(seed) for seed in (7, 7))
    state, twin = rules.initial(first, None), rules.initial(second, None)
    for step in range(STEPS):
        where = f"at step {step}"
        action = _action(rules, state, generator, is_game)
        before = pickle.dumps(state)
        seen = rules.observe(state)
        result = rules.step(state, action, first)
        again = rules.step(twin, action, second)
        assert pickle.dumps(state) == before, f"step() changed the state that it was given, {where}"
        assert first.count == second.count, f"step() drew {first.count} numbers, then {second.count}, {where}"
        require_equal(f"the observation of the same state, {where},", seen, rules.observe(twin))
        require_equal(f"the reward of the same step, {where},", result[1], again[1])
        assert pickle.dumps(result[0]) == pickle.dumps(again[0]), f"the same numbers gave two different states, {where}"
        if _over(result[2]):
            state, twin = rules.initial(first, result[0]), rules.initial(second, again[0])
        else:
            state, twin = result[0], again[0]


def batched_rules_are_pure(subject: Subject) -> None:
    """Compares the tensors of a state before and after every function of the batched rules."""
    import torch

    game = subject.kind == "game"
    rules: Any = subject.batched_game() if game else subject.batched()
    generator = torch.Generator().manual_seed(0)

    def numbers(count: int) -> Any:
        return torch.rand(ROWS, count, dtype=torch.float64, generator=generator)

    state = rules.initial(numbers(rules.initial_draws), None)
    for step in range(20):
        before = mapped(state, lambda each: each.clone())
        rules.observe(state)
        mask = rules.action_masks(state) if game else rules.action_mask(state)
        if hasattr(rules, "reveal"):
            rules.reveal(state)
        if game:
            masks = dict.fromkeys(rules.players) | (mask or {})
            action = {
                each: legal_rows(rules.action_spaces[each], masks[each], ROWS, generator) for each in rules.players
            }
        else:
            action = legal_rows(rules.action_space, mask, ROWS, generator)
        outcome = rules.step(state, action, numbers(rules.step_draws))
        for old, new in zip(leaves(before), leaves(state), strict=True):
            assert torch.equal(old, new), f"a function of the batched rules changed the state it was given, step {step}"
        for name, flags in (("terminated", outcome.terminated), ("illegal", outcome.illegal)):
            assert flags.dtype == torch.bool, f"{name} is {flags.dtype}, not bool"
        rewards = outcome[1]
        assert rewards.dtype == torch.float64, f"rewards are {rewards.dtype}, not float64"
        assert bool(torch.isfinite(rewards).all()), f"a reward at step {step} is not finite"
        state = outcome.state


def compiled_rules_keep_what_they_showed(subject: Subject) -> None:
    """Keeps observations of the compiled shell and checks that no later step has modified them."""
    if subject.several_players:
        raise NotApplicable("of one decision maker only")
    if not hasattr(subject.batched(), "compiled"):
        raise NotApplicable("these rules have no compiled form")
    envs = subject.make_vec(ROWS)
    seen, _ = envs.reset(seed=0)
    held = []
    for _ in range(30):
        mask = envs.action_masks() if hasattr(envs, "action_masks") else None
        action = _numpy_actions(envs, mask)
        held.append((seen, copy.deepcopy(seen)))
        seen, *_ = envs.step(action)
    for step, (shown, kept) in enumerate(held):
        require_equal(f"the observation shown at step {step}", shown, kept)


class _Recorder:
    """A random stream that counts its draws."""

    def __init__(self, seed: int) -> None:
        self.generator, self.count = np.random.default_rng(seed), 0

    def __call__(self) -> float:
        self.count += 1
        return float(self.generator.random())


def _over(ended: Any) -> bool:
    return all(ended.values()) if isinstance(ended, dict) else bool(ended)


def _action(rules: Any, state: Any, generator: np.random.Generator, is_game: bool) -> Any:
    """Returns a legal action, or one for each player."""
    if not is_game:
        mask = rules.action_mask(state) if hasattr(rules, "action_mask") else None
        return _one_action(rules.action_space, mask, generator)
    masks = (rules.action_masks(state) if hasattr(rules, "action_masks") else None) or {}
    return {player: _one_action(rules.action_spaces[player], masks.get(player), generator) for player in rules.players}


def _one_action(space: Any, mask: Any, generator: np.random.Generator) -> Any:
    if mask is not None:
        return int(generator.choice(np.flatnonzero(mask)))
    space.seed(int(generator.integers(2**31)))
    return space.sample()


def _numpy_actions(envs: Any, mask: Any) -> np.ndarray:
    if mask is not None and hasattr(envs.single_action_space, "n"):
        return np.asarray(mask).argmax(1)
    envs.action_space.seed(1)
    return envs.action_space.sample()


CHECKS: dict[str, Callable[[Subject], None]] = {
    "the rules are pure": model_is_pure,
    "the batched rules are pure": batched_rules_are_pure,
    "what the compiled rules have shown stays as it was": compiled_rules_keep_what_they_showed,
}
