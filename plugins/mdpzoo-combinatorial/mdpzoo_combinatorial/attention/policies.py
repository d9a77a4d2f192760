"""Actor-critic policies that score every token with shared weights, instead of dense layers over all tokens.

    MaskablePPO(MaskableAttentionPolicy, env)
    PPO(AttentionPolicy, env)

``AttentionPolicy`` is for PPO, A2C and TRPO; ``MaskableAttentionPolicy`` is in ``maskable.py``. Both read the observed
``action_mask``: illegal actions get the logit -1e8, so that ``predict`` returns legal actions without masks.
"""

from typing import Any

import torch
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from torch import Tensor, nn
from torch.nn.functional import relu

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.attention.extractor import AttentionExtractor

ILLEGAL = -1e8  # a logit


class TokenHeads(nn.Module):
    """Scores for the actor and pooled features for the critic, from an ``AttentionExtractor``'s flat features."""

    def __init__(self, extractor: AttentionExtractor) -> None:
        """Creates the layers for an extractor's sizes."""
        super().__init__()
        layout, self.width = extractor.layout, extractor.width
        self.tokens, self.variants = layout.tokens, layout.variants
        self.latent_dim_pi, self.latent_dim_vf = self.tokens * self.variants, self.width
        self.widen, self.score = nn.Linear(self.width, self.width), nn.Linear(self.width, self.variants)
        self.pool = nn.Linear(2 * self.width, self.width)
        with torch.no_grad():
            self.score.weight *= 0.1  # nearly uniform at first

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits ``[B, K T]`` and features ``[B, width]`` of the value."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """Returns logits ``[B, K T]``; those of illegal actions are -1e8."""
        embedded, _, legal = self._parts(features)
        scores = self.score(relu(self.widen(embedded))).flatten(1)
        return torch.where(legal > 0.5, scores, ILLEGAL)

    def forward_critic(self, features: Tensor) -> Tensor:
        """Returns features ``[B, width]`` of the value, from the mean and the scaled sum of attended tokens."""
        embedded, keys, _ = self._parts(features)
        total = embedded.sum(1)
        return relu(self.pool(torch.cat((total / keys.sum(1, keepdim=True), total / self.tokens), 1)))

    def _parts(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        sizes = (self.tokens * self.width, self.tokens, self.tokens * self.variants)
        embedded, keys, legal = features.split(sizes, 1)
        return embedded.unflatten(1, (self.tokens, self.width)), keys, legal


def attend(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments of an SB3 policy with the defaults of attention policies.

    Raises:
        SettingError: if the settings contain another features extractor or dense layers.
    """
    chosen = settings.setdefault("features_extractor_class", AttentionExtractor)
    if not issubclass(chosen, AttentionExtractor):
        raise SettingError(f"an attention policy needs an AttentionExtractor, got {chosen.__name__}")
    if settings.setdefault("net_arch", []):
        raise SettingError(f"an attention policy has no dense layers, got net_arch {settings['net_arch']}")
    settings.setdefault("ortho_init", False)
    return settings


class ByToken:
    """A mixin that makes an SB3 actor-critic policy score tokens; it must precede the policy among the base classes."""

    mlp_extractor: Any
    action_net: Any
    features_extractor: Any
    optimizer: Any
    optimizer_class: Any
    optimizer_kwargs: Any
    parameters: Any

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = TokenHeads(self.features_extractor)

    def _build(self, lr_schedule: Any) -> None:
        """Builds the networks; scores are the logits, so SB3's dense layer for the actions is removed."""
        super()._build(lr_schedule)  # type: ignore[misc]
        self.action_net = nn.Identity()
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)


class AttentionPolicy(ByToken, MultiInputActorCriticPolicy):
    """The policy of PPO, A2C and TRPO for Discrete actions and an observed ``action_mask``."""

    def __init__(self, observation_space: Any, action_space: Any, lr_schedule: Any, **settings: Any) -> None:
        """Creates the policy from SB3's arguments; ``features_extractor_kwargs`` are those of ``AttentionExtractor``.

        Raises:
            SettingError: if a setting is out of range, or the observation space is not supported.
        """
        super().__init__(observation_space, action_space, lr_schedule, **attend(settings))
