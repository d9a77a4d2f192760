"""Checks of a game: PettingZoo's own tests, every player's steps, and one seed, one trajectory."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mdpzoo.checks.environments.walks import check_observation
from mdpzoo.checks.scripted import Scripted
from mdpzoo.checks.subject import NotApplicable, Subject, require_equal
from mdpzoo.checks.traces import STEPS, row_of

SEED = 13
Event = tuple[Any, ...]
# warnings of PettingZoo's test about preferred spaces and names, which are not rules that a game could break
ADVICE = (
    r"(Observation|Action) space for each agent probably should be",
    r"Agents have different (observation|action) space sizes",
    "We recommend agents to be named",
    r"Agent's (minimum|maximum) observation space value is",
    "Observation is a single number",
)


def passes_parallel_api(subject: Subject) -> None:
    """Runs PettingZoo's test of environments whose players act together."""
    from pettingzoo.test import parallel_api_test

    _look_once(subject)
    parallel_api_test(subject.make_parallel(), num_cycles=100)


def passes_aec_api(subject: Subject) -> None:
    """Runs PettingZoo's test of environments whose players act in turn."""
    from pettingzoo.test import api_test

    with contextlib.suppress(NotApplicable):
        _look_once(subject)
    with warnings.catch_warnings():
        for advice in ADVICE:
            warnings.filterwarnings("ignore", message=advice, category=UserWarning)
        api_test(subject.make_aec(), num_cycles=100, verbose_progress=False)


def passes_seed_tests(subject: Subject) -> None:
    """Runs PettingZoo's tests that a seed decides everything."""
    from pettingzoo.test import parallel_seed_test, seed_test

    for test, make in ((seed_test, subject.make_aec), (parallel_seed_test, subject.make_parallel)):
        with contextlib.suppress(NotApplicable):
            test(make, num_cycles=50)


def every_step(subject: Subject) -> None:
    """Plays some games and checks every player's observations, rewards, flags and masks."""
    game = subject.make_parallel()
    policy = {player: Scripted(game.action_space(player), place) for place, player in enumerate(game.possible_agents)}
    seen, infos = game.reset(seed=SEED)
    for step in range(STEPS):
        for player in game.agents:
            check_observation(game.observation_space(player), seen[player], f"of {player} at step {step}")
            mask = infos[player].get("action_mask")
            assert mask is None or np.any(mask), f"action_mask allows {player} nothing at step {step}"
        actions = {player: policy[player].choose(seen[player], infos[player]) for player in game.agents}
        playing = list(game.agents)
        seen, rewards, terminated, truncated, infos = game.step(actions)
        for player in playing:
            assert np.isfinite(rewards[player]), f"the reward of {player} after step {step + 1} is {rewards[player]}"
            for name, flags in (("terminated", terminated), ("truncated", truncated)):
                assert isinstance(flags[player], bool | np.bool_), f"{name} of {player} is {flags[player]!r:.40}"
        if not game.agents:
            seen, infos = game.reset()


def spaces_are_their_own(subject: Subject) -> None:
    """Seeds one player's action space and checks that no other player's or environment's space draws differently."""
    game, other = subject.make_parallel(), subject.make_parallel()
    spaces = [game.action_space(player) for player in game.possible_agents]
    spaces += [other.action_space(player) for player in other.possible_agents]
    assert len({id(space) for space in spaces}) == len(spaces), "two players or environments share an action space"


def the_stream_decides_everything(subject: Subject) -> None:
    """Plays a game from one seed in two environments and in one that has been used before."""
    first, second = events_of(subject.make_parallel()), events_of(subject.make_parallel())
    same_events("a second environment", second, first)
    used = subject.make_parallel()
    events_of(used)
    same_events("the same environment, seeded again", events_of(used), first)


def games_share_nothing(subject: Subject) -> None:
    """Plays a game alone, then interleaved with another one's rounds."""
    expected = events_of(subject.make_parallel())
    together = zip(_rounds(subject.make_parallel()), _rounds(subject.make_parallel(), seed=99), strict=False)
    same_events("a game beside another", [event for event, _ in together], expected)


def batched_games_play_the_same(subject: Subject) -> None:
    """Compares the batched game on tensors, and its compiled form, with the single one."""
    import torch

    from mdpzoo.interop.shells.shell import Stream

    if subject.kind == "environment":
        raise NotApplicable("a simulator has no batched form")
    rules = subject.batched_game()
    expected = events_of(subject.make_parallel(max_cycles=-1))
    for name, played in (("tensors", rules), ("compiled", rules.compiled() if hasattr(rules, "compiled") else None)):
        if played is None:
            continue
        stream = Stream(SEED)

        def numbers(count: int, stream: Any = stream, torch_too: bool = name == "tensors") -> Any:
            taken = stream.take(count)
            return torch.from_numpy(taken) if torch_too else taken

        found = _batched_events(played, numbers, name == "tensors", rules)
        same_events(name, found, expected)


def _look_once(subject: Subject) -> None:
    """Finds invalid observations that make PettingZoo's tests fail without a message."""
    game = subject.make_parallel()
    seen, _ = game.reset(seed=0)
    for player in game.agents:
        check_observation(game.observation_space(player), seen[player], f"of {player}")


def events_of(game: Any, varied: str | None = None) -> list[Event]:
    """Returns all players' observations and rewards over some games; all players, or one, vary with the step."""
    return list(_rounds(game, varied))


def _rounds(game: Any, varied: str | None = None, seed: int = SEED) -> Iterator[Event]:
    """Plays a game round by round and yields all players' observations and rewards."""
    policies = {player: Scripted(game.action_space(player), place) for place, player in enumerate(game.possible_agents)}
    seen, infos = game.reset(seed=seed)
    yield dict(seen), {}
    for step in range(STEPS):
        times = {player: step if varied in (None, player) else 0 for player in game.agents}
        actions = {player: policies[player].choose(seen[player], infos[player], times[player]) for player in times}
        seen, rewards, _, _, infos = game.step(actions)
        yield dict(seen), {player: float(each) for player, each in rewards.items()}
        if not game.agents:
            seen, infos = game.reset()
            yield dict(seen), {}


def _batched_events(rules: Any, numbers: Any, is_torch: bool, spaces: Any) -> list[Event]:
    """Returns the same events for a batch of one row, without a shell."""
    policies = {player: Scripted(spaces.action_spaces[player], place) for place, player in enumerate(rules.players)}
    asleep = np.zeros(1, bool)

    def look(state: Any) -> dict[str, Any]:
        seen = rules.observe(state)
        return {player: row_of(seen[player], 0) for player in rules.players}

    def begin(before: Any) -> Any:
        numbers(1)  # reserved for frozen players
        return rules.initial(numbers(rules.initial_draws), before)

    state = begin(None)
    events: list[Event] = [(look(state), {})]
    for step in range(STEPS):
        masks = rules.action_masks(state) or {}
        actions = {}
        for player, policy in policies.items():
            info = {"action_mask": row_of(masks[player], 0)} if player in masks else {}
            chosen = np.asarray(policy.choose(look(state)[player], info, step))[None]
            actions[player] = _tensor(chosen) if is_torch else chosen
        drawn = numbers(rules.step_draws)
        outcome = rules.step(state, actions, drawn) if is_torch else rules.step(state, actions, drawn, asleep)
        rewards = dict(zip(rules.players, (float(each) for each in outcome.rewards[0]), strict=True))
        events.append((look(outcome.state), rewards))
        state = outcome.state
        if all(bool(each) for each in outcome.terminated[0]):
            state = begin(state)
            events.append((look(state), {}))
    return events


def same_events(face: str, found: list[Event], expected: list[Event]) -> None:
    """Compares observations and rewards, event by event.

    Raises:
        AssertionError: at the first difference; says where.
    """
    for index, (got, wanted) in enumerate(zip(found, expected, strict=False)):
        for name, mine, theirs in zip(("observation", "reward"), got, wanted, strict=True):
            if theirs is None or mine is None:
                continue
            if isinstance(theirs, float):
                mine, theirs = np.float32(mine), np.float32(theirs)
            require_equal(f"{face}: the {name} of event {index}", mine, theirs)


def _tensor(values: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(values)


CHECKS: dict[str, Callable[[Subject], None]] = {
    "it passes PettingZoo's parallel_api_test": passes_parallel_api,
    "it passes PettingZoo's api_test": passes_aec_api,
    "it passes PettingZoo's seed tests": passes_seed_tests,
    "every player's observation, reward and mask is right": every_step,
    "players and environments share no spaces": spaces_are_their_own,
    "the seed decides everything": the_stream_decides_everything,
    "two games share nothing": games_share_nothing,
    "batched games play the same": batched_games_play_the_same,
}
