"""SAC with a temperature of its own for every sample, read from the last coordinate of the observation.

SB3's SAC multiplies log-probabilities by one number in the actor's loss and in the critics' target. With that number at
1 and an actor whose log-probabilities are already multiplied by the sample's temperature, both become what QARL's
adversary minimises: mean(b log mu - min Q), and a target with b log mu at the next observation, which has the same
temperature, as temperatures change between episodes only. SB3's loop is not touched.
"""

from typing import Any

from stable_baselines3.sac.policies import Actor, SACPolicy
from torch import Tensor

from mdpzoo_adversarial.agents.conditioned_policies import TemperatureScale


class TemperedActor(Actor):
    """An actor whose log-probabilities are multiplied by the temperature that it observes."""

    scale: TemperatureScale

    def action_log_prob(self, obs: Any) -> tuple[Tensor, Tensor]:
        """Draws ``[B, D]`` actions; returns them with temperatures times log-probabilities, ``[B]``, in nats."""
        actions, log_prob = super().action_log_prob(obs)
        return actions, self.scale.read(obs[:, -1]) * log_prob


class TemperedPolicy(SACPolicy):
    """SAC's policy with such an actor; use it with ``ent_coef=1``."""

    def __init__(self, *arguments: Any, scale: TemperatureScale, **settings: Any) -> None:
        """Takes SB3's arguments and the encoding of temperatures."""
        self.scale = scale
        super().__init__(*arguments, **settings)

    def make_actor(self, features_extractor: Any = None) -> Actor:
        """Builds the actor."""
        settings = self._update_features_extractor(self.actor_kwargs, features_extractor)
        actor = TemperedActor(**settings).to(self.device)
        actor.scale = self.scale
        return actor
