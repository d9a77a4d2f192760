"""Checks of a game: PettingZoo's own tests, and one seed, one trajectory from the table to every seat."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.checks.scripted import Scripted
from mdpzoo.checks.subject import NotApplicable, Subject, require_equal
from mdpzoo.checks.traces import STEPS
from mdpzoo.checks.walks import check_observation

SEED = 13


def passes_parallel_api(subject: Subject) -> None:
    """Runs PettingZoo's test of environments whose players act together."""
    from pettingzoo.test import parallel_api_test

    _look_once(subject)
    parallel_api_test(subject.make_parallel(), num_cycles=100)


def passes_aec_api(subject: Subject) -> None:
    """Runs PettingZoo's test of environments whose players act in turn."""
    from pettingzoo.test import api_test

    import mdpzoo

    _look_once(subject)
    api_test(mdpzoo.make_aec(subject.spec.id, **subject.settings), num_cycles=100, verbose_progress=False)


def passes_seed_tests(subject: Subject) -> None:
    """Runs PettingZoo's tests that a seed decides everything."""
    from pettingzoo.test import parallel_seed_test, seed_test

    import mdpzoo

    seed_test(lambda: mdpzoo.make_aec(subject.spec.id, **subject.settings), num_cycles=50)
    parallel_seed_test(subject.make_parallel, num_cycles=50)


def every_step(subject: Subject) -> None:
    """Walks through some games and looks at every player's observations, rewards, flags and masks."""
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


def the_stream_decides_everything(subject: Subject) -> None:
    """Plays a game twice from one seed, in two environments and in one that has played before."""
    first, second = _events(subject.make_parallel()), _events(subject.make_parallel())
    _same_events("a second environment", second, first)
    used = subject.make_parallel()
    _events(used)
    _same_events("the same environment, seeded again", _events(used), first)


def batched_games_play_the_same(subject: Subject) -> None:
    """Plays the batched game on tensors, and its compiled form, beside the single one."""
    import torch

    from mdpzoo.interop.shells.shell import Stream

    if subject.spec.kind == "environment":
        raise NotApplicable("a simulator has no batched form")
    rules = subject.batched_game()
    expected = _events(subject.make_parallel(max_cycles=-1))
    for name, played in (("tensors", rules), ("compiled", rules.compiled() if hasattr(rules, "compiled") else None)):
        if played is None:
            continue
        stream = Stream(SEED)

        def numbers(count: int, stream: Any = stream, torch_too: bool = name == "tensors") -> Any:
            taken = stream.take(count)
            return torch.from_numpy(taken) if torch_too else taken

        found = _batched_events(played, numbers, name == "tensors", rules)
        _same_events(name, found, expected)


def seats_play_the_same(subject: Subject) -> None:
    """Plays every player's seat, the others as they play in the game: alone, in a batch, on tensors and for SB3."""
    import mdpzoo

    for player in subject.make_parallel().possible_agents:
        expected = _seat_events(subject, player)
        others = {
            each: Scripted(subject.make_parallel().action_space(each), place)
            for place, each in enumerate(subject.make_parallel().possible_agents)
            if each != player
        }
        own: dict[str, Any] = {"reveal": "always"} if subject.spec.kind != "environment" else {}
        seat = mdpzoo.seat(subject.spec.id, player, others, **subject.settings, **own)
        script = Scripted(seat.action_space, subject.make_parallel().possible_agents.index(player))
        _same_events(f"the seat of {player}", _single_seat(seat, script), expected)
        for output in ("numpy", "torch", "sb3"):
            try:
                shape: dict[str, Any] = {"num_envs": 2, "output": output, **_vector(subject, output)}
                envs = mdpzoo.seat(subject.spec.id, player, others, **shape)
            except mdpzoo.errors.SettingError:
                assert output == "torch", f"the seat of {player} has no output {output!r}"
                continue
            found = _vector_seat(envs, script, output)
            _same_events(f"the seat of {player}, {output}", found, [event[:2] for event in expected])


def _vector(subject: Subject, output: str) -> dict[str, Any]:
    mode = {} if output == "sb3" else {"autoreset_mode": "same_step"}
    return {**subject.settings, **mode}


def _look_once(subject: Subject) -> None:
    """Finds observations that PettingZoo's tests would stumble over without a word."""
    game = subject.make_parallel()
    seen, _ = game.reset(seed=0)
    for player in game.agents:
        check_observation(game.observation_space(player), seen[player], f"of {player}")


def _events(game: Any, varied: str | None = None) -> list[tuple[Any, ...]]:
    """What everybody sees and earns through some games; all players, or one, vary with the step."""
    policies = {player: Scripted(game.action_space(player), place) for place, player in enumerate(game.possible_agents)}
    seen, infos = game.reset(seed=SEED)
    events: list[tuple[Any, ...]] = [(dict(seen), {})]
    for step in range(STEPS):
        times = {player: step if varied in (None, player) else 0 for player in game.agents}
        actions = {player: policies[player].choose(seen[player], infos[player], times[player]) for player in times}
        seen, rewards, _, _, infos = game.step(actions)
        events.append((dict(seen), {player: float(each) for player, each in rewards.items()}))
        if not game.agents:
            seen, infos = game.reset()
            events.append((dict(seen), {}))
    return events


def _batched_events(rules: Any, numbers: Any, is_torch: bool, spaces: Any) -> list[tuple[Any, ...]]:
    """The same of a batch of one row, without a shell."""
    policies = {player: Scripted(spaces.action_spaces[player], place) for place, player in enumerate(rules.players)}
    asleep = np.zeros(1, bool)

    def look(state: Any) -> dict[str, Any]:
        seen = rules.observe(state)
        return {player: _row(seen[player]) for player in rules.players}

    def begin(before: Any) -> Any:
        numbers(1)  # reserved for frozen players
        return rules.initial(numbers(rules.initial_draws), before)

    state = begin(None)
    events: list[tuple[Any, ...]] = [(look(state), {})]
    for step in range(STEPS):
        masks = rules.action_masks(state)
        actions = {}
        for player, policy in policies.items():
            info = {} if masks is None else {"action_mask": _row(masks[player])}
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


def _seat_events(subject: Subject, player: str) -> list[tuple[Any, ...]]:
    """What one player sees and earns in the parallel environment."""
    return [(seen.get(player), rewards.get(player)) for seen, rewards in _events(subject.make_parallel(), player)]


def _single_seat(seat: Any, script: Scripted) -> list[tuple[Any, ...]]:
    seen, info = seat.reset(seed=SEED)
    events: list[tuple[Any, ...]] = [(seen, None)]
    for step in range(STEPS):
        mask = seat.unwrapped.action_masks() if hasattr(seat.unwrapped, "action_masks") else info.get("action_mask")
        seen, reward, terminated, truncated, info = seat.step(script.choose(seen, {"action_mask": mask}, step))
        events.append((seen, reward))
        if terminated or truncated:
            seen, info = seat.reset()
            events.append((seen, None))
    return events


def _vector_seat(envs: Any, script: Scripted, output: str) -> list[tuple[Any, ...]]:
    for_sb3 = output == "sb3"
    if for_sb3:
        envs.seed(SEED)
    seen = envs.reset() if for_sb3 else envs.reset(seed=SEED)[0]
    events: list[tuple[Any, ...]] = [(_row(seen), None)]
    for step in range(STEPS):
        masks = _masks(envs, for_sb3)
        chosen = [script.choose(_row(seen, k), {"action_mask": masks[k]}, step) for k in range(2)]
        batch = np.stack([np.asarray(each) for each in chosen])
        if for_sb3:
            seen, rewards, dones, infos = envs.step(batch)
            last, done = infos[0].get("terminal_observation"), bool(dones[0])
        else:
            seen, rewards, terminated, truncated, infos = envs.step(batch)
            done = bool(terminated[0] or truncated[0])
            last = _row(infos["final_obs"]) if done else None
        events.append((last if done else _row(seen), float(rewards[0])))
        if done:
            events.append((_row(seen), None))
    return events


def _masks(envs: Any, for_sb3: bool) -> Any:
    if for_sb3:
        return np.stack(envs.env_method("action_masks")) if envs.has_attr("action_masks") else [None, None]
    return np.asarray(envs.action_masks()) if hasattr(envs, "action_masks") else [None, None]


def _same_events(face: str, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    for index, (got, wanted) in enumerate(zip(found, expected, strict=False)):
        for name, mine, theirs in zip(("observation", "reward"), got, wanted, strict=True):
            if theirs is None or mine is None:
                continue
            if isinstance(theirs, float):
                mine, theirs = np.float32(mine), np.float32(theirs)
            require_equal(f"{face}: the {name} of event {index}", mine, theirs)


def _row(values: Any, row: int = 0) -> Any:
    if isinstance(values, Mapping):
        return {name: _row(each, row) for name, each in values.items()}
    each = values[row]
    return each.numpy(force=True) if hasattr(each, "numpy") else each


def _tensor(values: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(values)


def seats_pass_the_checkers(subject: Subject) -> None:
    """Runs Gymnasium's and SB3's checkers on every player's seat."""
    from gymnasium.utils.env_checker import check_env
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    import mdpzoo

    players = subject.make_parallel().possible_agents
    for player in players:
        game = subject.make_parallel()
        others = {each: Scripted(game.action_space(each), 0) for each in players if each != player}
        seat = mdpzoo.seat(subject.spec.id, player, others, **subject.settings)
        check_env(seat.unwrapped, skip_render_check=True)  # a seat has no spec to be remade by
        check_for_sb3(seat.unwrapped, warn=False)


def policies_can_be_replaced(subject: Subject) -> None:
    """Replaces a frozen player during play, through SB3's ``env_method``."""
    import mdpzoo

    players = subject.make_parallel().possible_agents
    if len(players) < 2:
        raise NotApplicable("there is no other player")
    spaces = {each: subject.make_parallel().action_space(each) for each in players}
    others = {each: Scripted(spaces[each], 0) for each in players[1:]}
    envs = mdpzoo.seat(subject.spec.id, players[0], others, num_envs=2, output="sb3", **subject.settings)
    envs.seed(0)
    envs.reset()
    counting = Scripted(spaces[players[1]], 0)
    before = counting.asked
    envs.env_method("set_policy", players[1], counting)
    space = envs.action_space
    space.seed(0)
    masks = _masks(envs, True)
    action = [int(np.flatnonzero(masks[k])[0]) if masks[k] is not None else space.sample() for k in range(2)]
    envs.step(np.stack([np.asarray(each) for each in action]))
    assert counting.asked > before, "the new policy was not asked after set_policy"


CHECKS: dict[str, Callable[[Subject], None]] = {
    "it passes PettingZoo's parallel_api_test": passes_parallel_api,
    "it passes PettingZoo's api_test": passes_aec_api,
    "it passes PettingZoo's seed tests": passes_seed_tests,
    "every player's observation, reward and mask is right": every_step,
    "the seed decides everything": the_stream_decides_everything,
    "batched games play the same": batched_games_play_the_same,
    "every seat plays the game's own trajectory": seats_play_the_same,
    "every seat passes Gymnasium's and SB3's check_env": seats_pass_the_checkers,
    "a frozen policy can be replaced during play": policies_can_be_replaced,
}
