"""MEME and MEC-B as agents in a sender's seat, which learn nothing themselves."""

from typing import Annotated, Any

import numpy as np
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.interop.fixed import FixedAgent
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_coding.agents.perfect_receiver import game_of
from mdpzoo_coding.agents.players import CodingReceiver, CodingSender, Scheme, scheme_of
from mdpzoo_coding.coder.factored import ENCODERS
from mdpzoo_coding.coder.online import COUPLINGS
from mdpzoo_coding.games.coding_rules import RECEIVER


class CouplingPolicy(BasePolicy):
    """A ``CodingSender`` as SB3's policy."""

    def __init__(self, observation_space: Any, action_space: Any, scheme: Scheme | None = None, seed: int = 0) -> None:
        """Creates a player of a scheme; None, as for loading: the scheme is set later."""
        super().__init__(observation_space, action_space)
        self.player = None if scheme is None else CodingSender(scheme, seed)

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Returns actions and memories; see ``CodingPlayer.predict``."""
        assert self.player is not None
        return self.player.predict(observation, state, episode_start, deterministic)

    def _predict(self, observation: Any, deterministic: bool = False) -> Any:
        raise NotImplementedError("a sender needs its memory; call predict()")


class CouplingAgent(FixedAgent):
    """Sends by couplings; the receiver in its seat becomes the one that follows the same belief."""

    resumes_exactly = False  # the sender's own stream is in no file

    @ranged
    def __init__(
        self,
        policy: type[BasePolicy] = CouplingPolicy,
        env: Any = None,
        *,
        rate: Annotated[float | None, Range(0, 1, above=True)] = None,
        encoder: Annotated[str, Choices(ENCODERS)] = "ebim",
        coupling: Annotated[str, Choices(tuple(COUPLINGS))] = "best",
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
        seed: int | None = None,
    ) -> None:
        """Uses the game's own policy.

        Args:
            policy: ``CouplingPolicy``.
            env: a sender's seat (``mdpzoo_coding.sender_env``).
            rate: part of the message's entropy that the source may reveal to the sender in a step; None: no limit.
            encoder: ``"ebim"`` or ``"quantise"``.
            coupling: ``"best"`` or ``"greedy"``.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard.
            device: not used.
            seed: of the environment and of the sender's draws.

        Raises:
            SettingError: if the environment is no sender's seat, or its game has no policy.
        """
        scheme = scheme_of(game_of(env), rate=rate, encoder=encoder, coupling=coupling)
        super().__init__(
            policy,
            env,
            policy_kwargs={"scheme": scheme, "seed": 0 if seed is None else seed},
            verbose=verbose,
            tensorboard_log=tensorboard_log,
            device=device,
            seed=seed,
        )
        assert self.env is not None
        self.env.env_method("set_policy", RECEIVER, CodingReceiver(scheme))
