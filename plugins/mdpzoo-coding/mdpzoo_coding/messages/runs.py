"""Writes a text into a run file and reads it back, for the commands and ``from mdpzoo_coding import send, receive``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium

import mdpzoo
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.files import check_folder
from mdpzoo_coding.messages.receiving import decode_run
from mdpzoo_coding.messages.run_files import read_run, write_run
from mdpzoo_coding.messages.sending import Transmission, transmit
from mdpzoo_coding.policies.by_name import policy_named
from mdpzoo_coding.policies.interface import ActionProbabilities, as_probabilities

Advance = Callable[[int], None]


def send(
    text: str | bytes,
    env: "str | gymnasium.Env[Any, Any]",
    policy: Any = None,
    *,
    out: str | Path,
    key: str = "",
    noise: float = 0.0,
    seed: int | None = None,
    advance: Advance = lambda done: None,
) -> Transmission:
    """Sends a text through the actions of a policy and writes the run to a file.

    The text is encrypted and authenticated first. What is guaranteed: given a secret key, the executed actions have
    the distribution that the policy alone gives them (up to 2^-40 in each probability), so whoever sees the trajectory
    and knows the policy, but not the key, cannot tell that anything was sent. What is not: the run *file* says openly
    that it is a run of this command; with an empty key anybody can read it; an observer who can change the actions can
    destroy the message (which is noticed); how many episodes were played can say something about the text's length.

    Args:
        text: a string, sent as UTF-8, or bytes.
        env: an environment with finitely many actions, or its id.
        policy: a name or file (``policy_named``), or anything that ``as_probabilities`` takes; None: the zoo's, if
            there is one for the environment.
        out: the run file.
        key: a passphrase that the receiver knows.
        noise: probability, in [0, 1), that a uniform available action replaces the chosen one.
        seed: for a reproducible run; omit it if the message must stay hidden.
        advance: called with the number of bits that have arrived.

    Raises:
        SettingError: if a setting is out of its range, or the policy does not fit the environment.
        OSError: if the file cannot be written.
    """
    path = Path(out)
    check_folder(path)
    made = mdpzoo.make(env) if isinstance(env, str) else env
    content = text.encode() if isinstance(text, str) else bytes(text)
    sent = transmit(content, made, shared_policy(policy, made), key=key, noise=noise, seed=seed, advance=advance)
    write_run(sent.trajectories, path, sent.salt, sent.keys)
    return sent


def receive(
    run: str | Path,
    env: "str | gymnasium.Env[Any, Any] | None" = None,
    policy: Any = None,
    *,
    key: str = "",
    advance: Advance = lambda done: None,
) -> bytes:
    """Reads a text sent by ``send`` from the run and the shared policy.

    Args:
        run: the file.
        env: the environment or its id; None: the one named in the file. It is never stepped.
        policy: as for ``send``.
        key: the sender's.
        advance: called with the number of bits that have arrived.

    Returns:
        The text, as bytes.

    Raises:
        InstanceError: if the file is damaged or no run.
        MessageError: if key or policy is another, or the message is incomplete.
    """
    trajectories, keys = read_run(Path(run), key)
    id = trajectories.source.get("environment")
    if env is None and not isinstance(id, str):
        raise InstanceError(f"{Path(run).name} does not say its environment; name it")
    if env is None and ":" in str(id):
        raise InstanceError(f"{Path(run).name} names code to import: {str(id)!r:.60}; name the environment yourself")
    made = mdpzoo.make(str(id) if env is None else env) if env is None or isinstance(env, str) else env
    if made.observation_space != trajectories.observation_space or made.action_space != trajectories.action_space:
        raise SettingError(f"the run is of an environment with other spaces than {made.spec and made.spec.id}")
    return decode_run(trajectories, shared_policy(policy, made), keys, advance)


def shared_policy(policy: Any, env: Any) -> ActionProbabilities:
    """Returns the policy of an argument: a name, a file, None or anything that gives probabilities."""
    if policy is None or isinstance(policy, str | Path):
        return policy_named(None if policy is None else str(policy), env)
    return as_probabilities(policy)
