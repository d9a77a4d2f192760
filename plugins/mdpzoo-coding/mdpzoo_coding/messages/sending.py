"""Sends bytes through the actions of a policy, over as many episodes as necessary."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete

from mdpzoo.errors import SettingError
from mdpzoo.records import Trajectories
from mdpzoo_coding.coder.factored import noise_units
from mdpzoo_coding.coder.posteriors import NOISE_UNITS
from mdpzoo_coding.couplings.integer_masses import integer_row
from mdpzoo_coding.messages.channels import Channel, drawn
from mdpzoo_coding.messages.encryption import Keys, derived_keys, encrypt, new_salt
from mdpzoo_coding.messages.framing import Symbols, frame_bits, groups_of
from mdpzoo_coding.policies.interface import ActionProbabilities

ATTEMPTS = 5
PATIENCE = 200_000  # steps within which a group must arrive, or the policy carries nothing
Advance = Callable[[int], None]


@dataclass
class Recorded:
    """The record of a run, step by step.

    Attributes:
        observations: one more than actions in each episode.
        actions: executed ones.
        rows: the policy's masses ``[A]`` int64 beside each observation; zeros beside an episode's last.
    """

    observations: list[Any] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminated: list[bool] = field(default_factory=list)
    truncated: list[bool] = field(default_factory=list)
    offsets: list[int] = field(default_factory=lambda: [0])
    rows: list[np.ndarray] = field(default_factory=list)

    def note(self, observation: Any, row: Any, action: int, reward: float, terminated: bool, truncated: bool) -> None:
        """Records a step: the observation before it, and its results."""
        self.observations.append(np.array(observation))
        self.rows.append(row)
        self.actions.append(action)
        self.rewards.append(reward)
        self.terminated.append(terminated)
        self.truncated.append(truncated and not terminated)

    def close(self, observation: Any) -> None:
        """Records the last observation of an episode."""
        self.observations.append(np.array(observation))
        self.rows.append(np.zeros_like(self.rows[-1]))
        self.offsets.append(len(self.actions))


@dataclass(frozen=True, eq=False)
class Transmission:
    """A message sent in a run.

    Attributes:
        trajectories: the run; ``revealed["masses"]`` are the policy's probabilities in parts of 2^40.
        salt: of the keys, 16 bytes.
        keys: of this run.
        text_steps: steps after which the whole text had arrived.
        frame_steps: steps after which its authentication had, too.
        bits: size of the frame.
        resent: failed attempts: a block was misread, which the sender noticed.
    """

    trajectories: Trajectories
    salt: bytes
    keys: Keys
    text_steps: int
    frame_steps: int
    bits: int
    resent: int


def transmit(
    text: bytes,
    env: gymnasium.Env[Any, Any],
    policy: ActionProbabilities,
    *,
    key: str = "",
    noise: float = 0.0,
    seed: int | None = None,
    advance: Advance = lambda done: None,
) -> Transmission:
    """Plays episodes whose actions carry a text; the last episode is played to its end.

    Args:
        text: the text to send.
        env: an environment with finitely many actions.
        policy: the policy that carries it, shared with the receiver.
        key: a passphrase, the shared secret; empty: anybody can read the text.
        noise: probability, in [0, 1), that a uniform available action replaces the chosen one.
        seed: for a reproducible run; None: fresh randomness, which hiding requires.
        advance: called with the number of bits that have arrived.

    Raises:
        SettingError: if the environment has other actions than the policy, or the policy leaves no choice.
    """
    if not isinstance(env.action_space, Discrete) or env.action_space.start != 0:
        raise SettingError(f"a message needs finitely many actions, Discrete, got {env.action_space}")
    if not isinstance(env.observation_space, Box | Discrete | MultiBinary | MultiDiscrete):
        raise SettingError(f"a run records observations that are one array, not {env.observation_space!s:.60}")
    for attempt in range(ATTEMPTS):
        salt = new_salt(key, seed, attempt, text)
        keys = derived_keys(key, salt)
        source = {"policy": policy.digest(), "noise": noise_units(noise) / NOISE_UNITS}
        groups = groups_of(encrypt(text, keys, context_of(source)), keys.mask)
        sender = _Sender(env, policy, keys, noise, seed, attempt)
        found = sender.play(groups, advance)
        if found is not None:
            run = trajectories_of(found, env, source)
            steps = sender.text_steps, sender.frame_steps
            return Transmission(run, salt, keys, *steps, frame_bits(len(text)), attempt)
    raise SettingError(f"the message was misread {ATTEMPTS} times; give a noise that is nearer to the truth")


def ordinary_run(
    env: gymnasium.Env[Any, Any], policy: ActionProbabilities, episodes: int, seed: int | None = None
) -> Trajectories:
    """Plays episodes in which the policy itself draws the actions, recorded as ``transmit`` records them.

    Args:
        env: an environment with finitely many actions.
        policy: the policy that chooses the actions.
        episodes: number of episodes, at least 1.
        seed: of the environment and the draws; None: fresh randomness.
    """
    generator, recorded = np.random.default_rng(seed), Recorded()
    for episode in range(episodes):
        observation, _ = env.reset(seed=seed if episode == 0 else None)
        ended, clock = False, 0
        while not ended:
            row = integer_row(policy.probabilities(observation, clock))
            action = drawn(row, generator)
            after, reward, terminated, truncated, _ = env.step(action)
            recorded.note(observation, row, action, float(reward), bool(terminated), bool(truncated))
            observation, ended, clock = after, bool(terminated or truncated), clock + 1
        recorded.close(observation)
    return trajectories_of(recorded, env, {"policy": policy.digest(), "noise": 0.0})


def context_of(source: dict[str, Any]) -> bytes:
    """Returns the properties of the run that a message's tag authenticates: its policy and noise."""
    return json.dumps([source["policy"], source["noise"]]).encode()


class _Sender:
    """One attempt to send a frame."""

    def __init__(
        self, env: Any, policy: ActionProbabilities, keys: Keys, noise: float, seed: int | None, attempt: int
    ) -> None:
        self.env, self.policy = env, policy
        self.channel = Channel(keys.mask, noise)
        self.generator = np.random.default_rng(None if seed is None else (seed, attempt))
        self.first_seed = None if seed is None else seed + attempt
        self.recorded = Recorded()
        self.text_steps = self.frame_steps = 0
        self._waited = 0

    def play(self, groups: list[Symbols], advance: Advance) -> Recorded | None:
        """Plays until the frame has arrived and its last episode has ended; None if a group was misread."""
        while not self.channel.complete:
            observation, _ = self.env.reset(seed=self.first_seed if not self.recorded.actions else None)
            ended, clock = False, 0
            while not ended:
                observation, ended = self._step(observation, clock, groups)
                if self.channel.arrived and self._misread(groups):
                    return None
                advance(self.channel.frame.bits)
                clock += 1
            self.recorded.close(observation)
        return self.recorded

    def _step(self, observation: Any, clock: int, groups: list[Symbols]) -> tuple[Any, bool]:
        """Takes one step."""
        row = integer_row(self.policy.probabilities(observation, clock))
        if len(row) != self.env.action_space.n:
            raise SettingError(f"the policy has {len(row)} actions, the environment {self.env.action_space.n}")
        arrived = self.channel.arrived
        self.channel.couple(row)
        action = self.channel.sample(groups, self.generator)
        if self.generator.integers(NOISE_UNITS) < noise_units(self.channel.noise):
            action = int(self.generator.integers(len(row)))
        self.channel.update(action)
        after, reward, terminated, truncated, _ = self.env.step(action)
        self.recorded.note(observation, row, action, float(reward), bool(terminated), bool(truncated))
        self._watch(arrived)
        return after, bool(terminated or truncated)

    def _watch(self, arrived: int) -> None:
        """Records when text and frame have arrived, and gives up on a policy that carries nothing."""
        steps = len(self.recorded.actions)
        self._waited = 0 if self.channel.arrived > arrived else self._waited + 1
        if self._waited > PATIENCE and not self.channel.complete:
            raise SettingError(f"nothing has arrived in {PATIENCE:,} steps: the policy leaves too little choice")
        if self.channel.frame.has_text and not self.text_steps:
            self.text_steps = steps
        if self.channel.complete and not self.frame_steps:
            self.frame_steps = steps

    def _misread(self, groups: list[Symbols]) -> bool:
        return self.channel.last != groups[self.channel.arrived - 1]


def trajectories_of(recorded: Recorded, env: Any, source: dict[str, Any]) -> Trajectories:
    """Returns a record as trajectories."""
    spec = env.spec
    return Trajectories(
        observations=np.array(recorded.observations),
        actions=np.array(recorded.actions, np.int64),
        rewards=np.array(recorded.rewards),
        terminated=np.array(recorded.terminated, bool),
        truncated=np.array(recorded.truncated, bool),
        offsets=np.array(recorded.offsets, np.int64),
        observation_space=env.observation_space,
        action_space=env.action_space,
        revealed={"masses": np.array(recorded.rows)},
        revealed_at="always",
        source={**source, "environment": None if spec is None else spec.id},
    )
