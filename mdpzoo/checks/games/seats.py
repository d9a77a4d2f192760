"""Checks of a game's seats: each plays the game's own trajectory, alone, in batches, on tensors and for SB3."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.games.together import SEED, events_of, same_events
from mdpzoo.checks.scripted import Scripted
from mdpzoo.checks.subject import NotApplicable, Subject
from mdpzoo.checks.traces import STEPS, row_of
from mdpzoo.errors import SettingError


def seats_play_the_same(subject: Subject) -> None:
    """Plays every player's seat against the others' usual policies: alone, in a batch, on tensors and for SB3."""
    game = subject.make_parallel()
    for seat_place, player in enumerate(game.possible_agents):
        expected = _seat_events(subject, player)
        places = enumerate(game.possible_agents)
        others = {each: Scripted(game.action_space(each), place) for place, each in places if each != player}
        own: dict[str, Any] = {"reveal": "always"} if subject.kind != "environment" else {}
        seat = subject.seat(player, others, **own)
        script = Scripted(seat.action_space, seat_place)
        same_events(f"the seat of {player}", _single_seat(seat, script), expected)
        for output in ("numpy", "torch", "sb3"):
            try:
                mode = {} if output == "sb3" else {"autoreset_mode": "same_step"}
                envs = subject.seat(player, others, num_envs=2, output=output, **mode)
            except SettingError:
                assert output == "torch", f"the seat of {player} has no output {output!r}"
                continue
            found = _vector_seat(envs, script, output)
            same_events(f"the seat of {player}, {output}", found, expected)


def seats_pass_the_checkers(subject: Subject) -> None:
    """Runs Gymnasium's and SB3's checkers on every player's seat."""
    from gymnasium.utils.env_checker import check_env
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    players = subject.make_parallel().possible_agents
    for player in players:
        game = subject.make_parallel()
        others = {each: Scripted(game.action_space(each), 0) for each in players if each != player}
        seat = subject.seat(player, others)
        check_env(seat.unwrapped, skip_render_check=True)  # a seat has no spec to be remade by
        if subject.spec is not None:  # PettingZoo's own games may observe arrays where SB3's checker wants integers
            check_for_sb3(seat.unwrapped, warn=False)


def policies_can_be_replaced(subject: Subject) -> None:
    """Replaces a frozen player during play, through SB3's ``env_method``."""
    game = subject.make_parallel()
    players = game.possible_agents
    if len(players) < 2:
        raise NotApplicable("there is no other player")
    spaces = {each: game.action_space(each) for each in players}
    others = {each: Scripted(spaces[each], 0) for each in players[1:]}
    envs = subject.seat(players[0], others, num_envs=2, output="sb3")
    envs.seed(0)
    seen = envs.reset()
    counting, script = Scripted(spaces[players[1]], 0), Scripted(envs.action_space, 1)
    envs.env_method("set_policy", players[1], counting)
    masks = _masks(envs, True)
    action = [script.choose(row_of(seen, k), {"action_mask": masks[k]}) for k in range(2)]
    envs.step(np.stack([np.asarray(each) for each in action]))
    assert counting.asked > 0, "the new policy was not asked after set_policy"


def _seat_events(subject: Subject, player: str) -> list[tuple[Any, ...]]:
    """Returns one player's observations and rewards in the parallel environment."""
    return [(seen.get(player), rewards.get(player)) for seen, rewards in events_of(subject.make_parallel(), player)]


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
    events: list[tuple[Any, ...]] = [(row_of(seen, 0), None)]
    for step in range(STEPS):
        masks = _masks(envs, for_sb3)
        chosen = [script.choose(row_of(seen, k), {"action_mask": masks[k]}, step) for k in range(2)]
        batch = np.stack([np.asarray(each) for each in chosen])
        if for_sb3:
            seen, rewards, dones, infos = envs.step(batch)
            last, done = infos[0].get("terminal_observation"), bool(dones[0])
        else:
            seen, rewards, terminated, truncated, infos = envs.step(batch)
            done = bool(terminated[0] or truncated[0])
            last = row_of(infos["final_obs"], 0) if done else None
        events.append((last if done else row_of(seen, 0), float(rewards[0])))
        if done:
            events.append((row_of(seen, 0), None))
    return events


def _masks(envs: Any, for_sb3: bool) -> Any:
    if for_sb3:
        return np.stack(envs.env_method("action_masks")) if envs.has_attr("action_masks") else [None, None]
    singles = [each.unwrapped for each in getattr(envs, "envs", ())]  # Gymnasium's own vector of single seats
    if singles and hasattr(singles[0], "action_masks"):
        return np.stack([each.action_masks() for each in singles])
    return np.asarray(envs.action_masks()) if hasattr(envs, "action_masks") else [None, None]


CHECKS: dict[str, Callable[[Subject], None]] = {
    "every seat plays the game's own trajectory": seats_play_the_same,
    "every seat passes Gymnasium's and SB3's check_env": seats_pass_the_checkers,
    "a frozen policy can be replaced during play": policies_can_be_replaced,
}
