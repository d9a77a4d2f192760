"""Actor-critic policies that score every token with shared weights, in place of dense layers over all of them.

    MaskablePPO(MaskableAttentionPolicy, env)
    PPO(AttentionPolicy, env)

``AttentionPolicy`` serves PPO, A2C and TRPO. Both read the observed ``action_mask``: illegal actions get the logit
-1e8, so ``predict`` is legal without being told the masks. ``MaskableAttentionPolicy`` is in ``maskable.py``.
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
    """Scores for the actor and pooled numbers for the critic, from an ``AttentionExtractor``'s flat features."""

    def __init__(self, extractor: AttentionExtractor) -> None:
        """Takes the extractor's sizes."""
        super().__init__()
        layout, self.width = extractor.layout, extractor.width
        self.tokens, self.ways = layout.tokens, layout.ways
        self.latent_dim_pi, self.latent_dim_vf = self.tokens * self.ways, self.width
        self.widen, self.score = nn.Linear(self.width, self.width), nn.Linear(self.width, self.ways)
        self.pool = nn.Linear(2 * self.width, self.width)
        with torch.no_grad():
            self.score.weight *= 0.1  # nearly uniform at first

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``[B, K T]`` and ``[B, width]`` for the value."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """Logits ``[B, K T]``, those of illegal actions -1e8."""
        embedded, _, legal = self._parts(features)
        scores = self.score(relu(self.widen(embedded))).flatten(1)
        return torch.where(legal > 0.5, scores, ILLEGAL)

    def forward_critic(self, features: Tensor) -> Tensor:
        """The mean over the tokens attended to and their sum over T, mixed: ``[B, width]``."""
        embedded, keys, _ = self._parts(features)
        total = embedded.sum(1)
        return relu(self.pool(torch.cat((total / keys.sum(1, keepdim=True), total / self.tokens), 1)))

    def _parts(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        sizes = (self.tokens * self.width, self.tokens, self.tokens * self.ways)
        embedded, keys, legal = features.split(sizes, 1)
        return embedded.unflatten(1, (self.tokens, self.width)), keys, legal


def attend(settings: dict[str, Any]) -> dict[str, Any]:
    """The arguments of SB3's policies with what attention wants where nothing else was said.

    Raises:
        SettingError: another features extractor, or dense layers, were asked for.
    """
    chosen = settings.setdefault("features_extractor_class", AttentionExtractor)
    if not issubclass(chosen, AttentionExtractor):
        raise SettingError(f"an attention policy needs an AttentionExtractor, got {chosen.__name__}")
    if settings.setdefault("net_arch", []):
        raise SettingError(f"an attention policy has no dense layers, got net_arch {settings['net_arch']}")
    settings.setdefault("ortho_init", False)
    return settings


class ByToken:
    """What turns an actor-critic policy of SB3 into one that scores tokens; stands before it among the bases."""

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
        """Builds the networks; the scores are the logits, so the dense layer behind them goes."""
        super()._build(lr_schedule)  # type: ignore[misc]
        self.action_net = nn.Identity()
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)


class AttentionPolicy(ByToken, MultiInputActorCriticPolicy):
    """The policy of PPO, A2C and TRPO for Discrete actions and an observed ``action_mask``."""

    def __init__(self, observation_space: Any, action_space: Any, lr_schedule: Any, **settings: Any) -> None:
        """Takes SB3's own arguments; ``features_extractor_kwargs`` are those of ``AttentionExtractor``.

        Raises:
            SettingError: a setting has no such value, or the observation space is not understood.
        """
        super().__init__(observation_space, action_space, lr_schedule, **attend(settings))
