"""Many episodes in lock step as a Gymnasium vector environment: the base class of its two shells.

Rules step; autoreset lives here. Row i draws from the stream of its own seed (``mdpzoo.streams``), so its trajectory is
that of a single environment with this seed, whatever B, device and output are. There are two shells: compiled rules on
the CPU (``compiled_vector.py``) where a problem has them, tensors on any device (``tensor_vector.py``) everywhere else.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from mdpzoo import streams
from mdpzoo.errors import ResetNeededError, SettingError, did_you_mean
from mdpzoo.interop.shells.shell import (
    check_limit,
    check_options,
    check_reveal,
    check_seed,
    exchanged,
    frames_per_second,
)
from mdpzoo.interop.shells.states import leaves, mapped
from mdpzoo.protocols import BatchedProblem

KEPT = ("keys", "counters", "elapsed", "returns", "done")  # a shell's arrays besides the state, all ``[B]``
Output = Literal["numpy", "torch"]


def autoreset(mode: AutoresetMode | str) -> AutoresetMode:
    """Reads an autoreset mode, a member or its name in any case.

    Raises:
        SettingError: if there is no such mode.
    """
    names = {each.name.lower(): each for each in AutoresetMode}
    name = mode.name.lower() if isinstance(mode, AutoresetMode) else str(mode).lower()
    if name not in names:
        raise SettingError(f"unknown autoreset_mode {mode!r}.{did_you_mean(name, names) or f' Known: {list(names)}'}")
    return names[name]


class BatchedVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Base class of both shells: settings, seeds, hidden facts and pictures."""

    rules: Any
    _some_done: bool
    _elapsed: Any  # [B] int64, steps of the present episodes
    _returns: Any  # [B] float64, rewards of the present episodes

    def __init__(
        self,
        rules: BatchedProblem,
        num_envs: int,
        *,
        device: Any = "cpu",
        output: Output = "numpy",
        autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        statistics: bool | None = None,
        render_mode: str | None = None,
        reveal: str = "never",
    ) -> None:
        """Wraps rules.

        Args:
            rules: the problem.
            num_envs: B.
            device: where the tensors live.
            output: ``"numpy"``, or ``"torch"``: tensors on the device; they may share memory with the state, so
                change a copy.
            autoreset_mode: when a row that has ended starts anew.
            max_episode_steps: steps after which an episode is truncated; None or -1: never.
            statistics: whether infos hold ``episode`` (return ``r``, length ``l``, seconds ``t``); None: with torch
                output only, since Gymnasium's own ``RecordEpisodeStatistics`` does it for NumPy.
            render_mode: ``"rgb_array"`` or None.
            reveal: when infos hold facts that observations hide: ``"never"``, ``"end"`` (in an episode's last
                info; with same-step autoreset that is ``infos["final_info"]``) or ``"always"``. Each is a dense array
                ``[B, ...]``, 0 in the rows that its mask ``infos["_name"]`` (``[B]`` bool) leaves out.

        Raises:
            SettingError: if an argument has no such value.
        """
        if isinstance(num_envs, bool) or not isinstance(num_envs, int | np.integer) or num_envs < 1:
            raise SettingError(f"num_envs must be a whole number of at least 1, got {num_envs!r:.60}")
        if output not in ("numpy", "torch"):
            raise SettingError(f"output must be 'numpy' or 'torch', got {output!r}")
        limit = check_limit(max_episode_steps, "max_episode_steps")
        if render_mode is not None and (render_mode != "rgb_array" or not hasattr(rules, "render")):
            raise SettingError(f"{type(rules).__name__} does not render as {render_mode!r}; use 'rgb_array' or None")
        self.num_envs, self.device, self.output = num_envs, device, output
        modes = ["rgb_array"] if hasattr(rules, "render") else []
        pictures = {"render_modes": modes, "render_fps": frames_per_second(rules)}
        self.metadata = {"autoreset_mode": autoreset_mode, **pictures}
        self.render_mode = render_mode
        self.single_observation_space, self.single_action_space = rules.observation_space, rules.action_space
        self.observation_space = batch_space(rules.observation_space, num_envs)
        self.action_space = batch_space(rules.action_space, num_envs)
        self._shape = (num_envs, *(self.single_action_space.shape or ()))
        self.autoreset_mode, self._limit = autoreset_mode, -1 if limit is None else limit
        self._statistics = output == "torch" if statistics is None else statistics
        self.reveal = check_reveal(reveal)
        hides = hasattr(rules, "reveal")
        self._always, self._at_end = hides and reveal == "always", hides and reveal == "end"
        self._seeds: list[int] | None = None
        self._state: Any = None
        self._began = time.perf_counter()

    @property
    def max_episode_steps(self) -> int | None:
        """Steps after which an episode is truncated; None: only the rules end it."""
        return self._limit if self._limit > 0 else None

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts episodes: in every row, or in those of ``options["reset_mask"]`` (``[B]`` bool).

        Args:
            seed: row i takes ``seed + i``, or ``seed[i]``; None: the row's stream continues.
            options: ``reset_mask``, as above.

        Raises:
            SettingError: if the mask or the list of seeds has not B entries, or another option is given.
        """
        for each in seed if isinstance(seed, Sequence | np.ndarray) else [seed]:
            check_seed(each)
        super().reset(seed=seed if isinstance(seed, int) else None)
        check_options(options, ("reset_mask",))
        mask = None if options is None else options.get("reset_mask")
        if mask is not None and (self._seeds is None or np.shape(mask) != (self.num_envs,)):
            raise SettingError(f"reset_mask must have shape [{self.num_envs}] and follow a full reset")
        forgotten = self._seed(seed)
        rows = np.ones(self.num_envs, bool) if mask is None else np.array(on_host(mask), bool)
        self._start(rows, forgotten)
        return self._look(self._state), self._infos_of(self._facts(), self._here(rows)) if self._always else {}

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Returns a picture of every row, ``[height, width, 3]`` uint8 each; None without a render mode."""
        if self.render_mode is None:
            return None
        self._check_begun()
        return tuple(self.rules.render(self._state, row) for row in range(self.num_envs))

    def set_policy(self, player: str, policy: Any) -> None:
        """Replaces another player's frozen policy; of seats only, effective from the next step on.

        Raises:
            SettingError: if this is no seat, or there is no such player.
        """
        self.rules = exchanged(self.rules, player, policy)

    def state_dict(self) -> dict[str, Any]:
        """Returns all rows' states, random streams and clocks, as NumPy arrays and integers, for ``load_state_dict``.

        Raises:
            ResetNeededError: if ``reset`` has not been called.
        """
        self._check_begun()
        own = {name: np.array(on_host(getattr(self, f"_{name}"))) for name in KEPT}
        return {
            **own,
            "seeds": list(self._seeds or ()),
            "state": [np.array(on_host(each)) for each in leaves(self._state)],
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a state that ``state_dict`` returned: the same actions then lead to the same results.

        Args:
            saved: of environments with the same rules, settings and number of rows; it is not changed.

        Raises:
            SettingError: if it comes from other environments.
            ResetNeededError: if ``reset`` has not been called.
        """
        self._check_begun()
        if not isinstance(saved, Mapping) or saved.keys() != {*KEPT, "seeds", "state"}:
            raise SettingError(f"load_state_dict needs what state_dict of a {type(self).__name__} has returned")
        places = {f"_{name}": saved[name] for name in KEPT}
        state = leaves(self._state)
        now = [np.asarray(on_host(each)) for each in (*(getattr(self, name) for name in places), *state)]
        given = [np.asarray(each) for each in (*places.values(), *saved["state"])]
        kinds = [[(each.shape, each.dtype) for each in arrays] for arrays in (now, given)]
        if kinds[0] != kinds[1] or len(saved["seeds"]) != self.num_envs:
            raise SettingError("this is the state of environments with other rules or another number of rows")
        for name, value in places.items():
            setattr(self, name, self._kept(value))
        fresh = iter(saved["state"])
        self._state = mapped(self._state, lambda _: self._kept(next(fresh)))
        self._seeds = [int(seed) for seed in saved["seeds"]]
        self._some_done = bool(np.any(saved["done"]))

    def _kept(self, value: np.ndarray) -> Any:
        """Returns a copy of an array in the shell's own form."""
        raise NotImplementedError

    def _start(self, rows: np.ndarray, forgotten: np.ndarray) -> None:
        """Starts episodes in some rows (``[B]`` bool); the ``forgotten`` ones (``[B]`` bool) ignore the last one."""
        raise NotImplementedError

    def _look(self, state: Any) -> Any:
        """Returns observations of a state in the form of the output."""
        raise NotImplementedError

    def _rekey(self, keys: np.ndarray, kept: np.ndarray) -> None:
        """Takes new streams ``[B]`` uint64, from their beginnings except in the ``kept`` rows (``[B]`` bool)."""
        raise NotImplementedError

    def _facts(self) -> Mapping[str, Any]:
        """Returns the facts that the rules reveal of the current state."""
        return self.rules.reveal(self._state)

    def _restart(self, rows: Any, before: Any) -> None:
        """Starts rows (``[B]`` bool) anew; ``before`` holds the states in which they ended."""
        raise NotImplementedError

    def _here(self, rows: np.ndarray) -> Any:
        """Returns rows (``[B]`` bool) in the shell's own form: an array, or a tensor on the device."""
        raise NotImplementedError

    def _only(self, rows: Any, values: Any) -> Any:
        """Returns ``values`` (``[B, ...]``, or one number for all) with 0 in all rows but some (``[B]`` bool)."""
        raise NotImplementedError

    def _out(self, value: Any) -> Any:
        """Returns an array or a tensor in the form of the output."""
        raise NotImplementedError

    def _seconds(self) -> Any:
        """Returns the age of these environments, float64."""
        return time.perf_counter() - self._began

    def _infos_of(self, facts: Mapping[str, Any], rows: Any) -> dict[str, Any]:
        """Returns infos with the facts of some rows (``[B]`` bool) and their masks."""
        infos: dict[str, Any] = {}
        for name, fact in facts.items():
            infos[name], infos[f"_{name}"] = self._out(self._only(rows, fact)), self._out(rows)
        return infos

    def _finish(self, ended: Any, infos: dict[str, Any]) -> None:
        """Reports the rows that have ended (``[B]`` bool) and, in the same-step mode, restarts them."""
        if self._statistics:
            episode = {"r": self._returns, "l": self._elapsed, "t": self._seconds()}
            infos["episode"] = {name: self._out(value * ended) for name, value in episode.items()}
            infos["_episode"] = self._out(ended)
        last = self._infos_of(self._facts(), ended) if self._always or self._at_end else {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            infos["final_obs"], infos["_final_obs"] = self._look(self._state), self._out(ended)
            infos["final_info"] = {"illegal": infos["illegal"], "_illegal": infos["illegal"]} | last
            infos["_final_info"] = infos["_final_obs"]
            self._restart(ended, self._state)
        else:
            infos |= last

    def _refused(self, kind: Any, shape: Sequence[int]) -> SettingError:
        """Returns the error about actions of another type or shape."""
        space = self.single_action_space
        wanted = f"{space.dtype} of shape {list(self._shape)}"
        return SettingError(f"expected {self.num_envs} actions, {wanted}, got {kind} of shape {list(shape)}")

    def _check_begun(self) -> None:
        if self._state is None:
            raise ResetNeededError("no episode has begun; call reset() first")

    def _seed(self, seed: int | Sequence[int | None] | None) -> np.ndarray:
        """Seeds the rows; returns which of them (``[B]`` bool) start afresh."""
        given = [seed] * self.num_envs if seed is None else seed
        if isinstance(given, int | np.integer):
            given = [int(given) + row for row in range(self.num_envs)]
        if len(given) != self.num_envs:
            raise SettingError(f"expected {self.num_envs} seeds, got {len(given)}")
        kept = np.array([self._seeds is not None and each is None for each in given])
        if not kept.all():
            fresh = self.np_random.integers(2**63, size=self.num_envs) if self._seeds is None else self._seeds
            self._seeds = [int(old if new is None else new) for new, old in zip(given, fresh, strict=True)]
            self._rekey(np.array([streams.key(each) for each in self._seeds]), kept)
        return ~kept


def on_host(array: Any) -> Any:
    """Returns a tensor of any device as an array, anything else unchanged."""
    return array.numpy(force=True) if hasattr(array, "cpu") else array
