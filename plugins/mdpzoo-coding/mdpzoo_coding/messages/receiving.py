"""Reads a text from a trajectory, with only the shared policy and the key."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mdpzoo.errors import InstanceError, MdpzooError, SettingError
from mdpzoo.records import Trajectories
from mdpzoo_coding.couplings.integer_masses import TOTAL
from mdpzoo_coding.messages.channels import Channel
from mdpzoo_coding.messages.encryption import Keys, MessageError, decrypt
from mdpzoo_coding.messages.sending import context_of
from mdpzoo_coding.policies.interface import ActionProbabilities

CLOSE = 1e-4  # tolerance for the policy's probabilities against those in the run: networks round differently


def decode_run(
    run: Trajectories,
    policy: ActionProbabilities,
    keys: Keys,
    advance: Callable[[int], None] = lambda done: None,
) -> bytes:
    """Returns the text that a run carries.

    The run holds the policy's probabilities as integers, so that both ends round alike; they are compared with the
    given policy in every step.

    Args:
        run: the trajectories.
        policy: the shared policy.
        keys: derived from the key and the run's salt.
        advance: called with the number of bits that have arrived.

    Raises:
        InstanceError: if the run is not one that carries a message.
        MessageError: if the policy is another, the message is incomplete, or its authentication fails.
    """
    masses, noise = _checked(run)
    if run.source["policy"] != policy.digest():
        raise MessageError(f"the run was made with another policy: {run.source['policy']!r:.60}")
    channel = Channel(keys.mask, noise)
    try:
        for observation, row, action, clock in _steps(run, masses):
            _compare(_probabilities(policy, observation, clock), row)
            if not channel.complete:
                channel.couple(row)
                channel.update(action)
                advance(channel.frame.bits)
    except MessageError:
        raise
    except SettingError as error:
        raise MessageError(f"the run carries no message of this key and policy: {error}") from None
    if not channel.complete:
        raise MessageError(f"the run ends before the message does: {channel.entropy():.0f} bits of a group are unknown")
    return decrypt(channel.frame.content, keys, context_of(dict(run.source)))


def _checked(run: Trajectories) -> tuple[np.ndarray, float]:
    """Returns the masses ``[N + E, A]`` and the noise of a run."""
    masses, noise = run.revealed.get("masses"), run.source.get("noise")
    if masses is None or masses.dtype != np.int64 or masses.ndim != 2 or not isinstance(run.source.get("policy"), str):
        raise InstanceError("these trajectories carry no message: they lack the policy's masses")
    if (
        not isinstance(noise, float)
        or not 0 <= noise < 1
        or run.actions.ndim != 1
        or run.actions.dtype.kind not in "iu"
    ):
        raise InstanceError("these trajectories carry no message: noise or actions are malformed")
    shape = (run.num_steps + run.num_episodes, *(run.observation_space.shape or ()))
    if not isinstance(run.observations, np.ndarray) or run.observations.shape != shape:
        raise InstanceError("these trajectories carry no message: their observations are not of their space")
    return masses, noise


def _probabilities(policy: ActionProbabilities, observation: Any, clock: int) -> np.ndarray:
    """Returns the policy's probabilities at an observation from a file."""
    try:
        return policy.probabilities(observation, clock)
    except MdpzooError:
        raise
    except Exception as error:  # an impossible observation may cause any error
        raise MessageError(f"the policy cannot judge an observation of the run: {error!s:.80}") from None


def _steps(run: Trajectories, masses: np.ndarray) -> Iterator[tuple[Any, np.ndarray, int, int]]:
    """Yields observation, masses, executed action and clock of every step."""
    for episode in range(run.num_episodes):
        begin, end = int(run.offsets[episode]), int(run.offsets[episode + 1])
        for step in range(begin, end):
            yield run.observations[step + episode], masses[step + episode], int(run.actions[step]), step - begin


def _compare(probabilities: np.ndarray, row: np.ndarray) -> None:
    """Checks that masses are those of the policy."""
    fits = len(probabilities) == len(row) and (row >= 0).all() and row.sum() == TOTAL
    if not fits or not np.abs(probabilities - row / TOTAL).max() <= CLOSE:
        raise MessageError("the run was made with another policy: its probabilities differ")
