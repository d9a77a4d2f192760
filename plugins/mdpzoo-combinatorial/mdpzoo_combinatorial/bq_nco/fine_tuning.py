"""Fine-tuning of a BQ-NCO network by reinforcement learning, with sb3-contrib's MaskablePPO.

    model = MaskablePPO(MaskableBQPolicy, env, policy_kwargs={"features_extractor_kwargs": {"checkpoint": "cvrp"}})

The network is the features extractor. Before the first update, the actor's logits are its scores, so that ``predict``
returns the same actions as ``BQNCO``; the critic's input is the mean of the tokens' embeddings.
"""

from typing import Any

import torch
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn
from torch.nn.functional import relu

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.attention.policies import ILLEGAL, ByToken
from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO
from mdpzoo_combinatorial.bq_nco.policy import problem_of, states_of, tokens_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS


class BQExtractor(BaseFeaturesExtractor):
    """Maps an observation to the network's scores of all actions and the mean of its tokens' embeddings.

    The features are flat, ``[B, A + width]`` for A actions; illegal ones have the score -1e8.
    """

    def __init__(self, observation_space: Any, checkpoint: str | None = None) -> None:
        """Loads the network of a checkpoint.

        Args:
            observation_space: of an environment of this plugin, in either form and of any size.
            checkpoint: as in ``BQNCO.load``; None: the pretrained one of the environment's problem.

        Raises:
            SettingError: if the checkpoint is of another problem.
            CheckpointError: if the file cannot be used.
        """
        problem = PROBLEMS[problem_of(observation_space)]
        agent = BQNCO.load(problem.name.lower() if checkpoint is None else checkpoint)
        if agent.problem is not problem:
            raise SettingError(f"the checkpoint {checkpoint!r} is of {agent.problem.name}, not of {problem.name}")
        self.actions = int(observation_space["action_mask"].shape[0])
        self.width = agent.policy.settings.width
        super().__init__(observation_space, self.actions + self.width)
        self.problem, self.relative = problem, agent.policy.settings.relative
        self.network = agent.policy.network

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns features ``[B, A + width]``."""
        seen = dict(observations)
        if "current" in seen:  # which SB3 passes as one-hot
            seen["current"] = seen["current"].flatten(1).argmax(1)
        state = states_of(self.problem, seen)
        tokens = tokens_of(self.problem, state, self.relative)
        embedded: Any = self.network.encode(tokens)  # type: ignore[operator]
        head: Any = self.network.scores_projection if hasattr(self.network, "scores_projection") else self.network.score
        scores = torch.where(tokens.legal, head(embedded), ILLEGAL).flatten(1)
        variants = self.problem.action_variants
        action = (state.left.node.unsqueeze(2) * variants + torch.arange(variants, device=scores.device)).flatten(1)
        everything = scores.new_full((len(scores), self.actions), ILLEGAL).scatter_reduce(1, action, scores, "amax")
        weight = torch.ones_like(embedded[:, :, :1]) if tokens.valid is None else tokens.valid.unsqueeze(2)
        return torch.cat((everything, (embedded * weight).sum(1) / weight.sum(1).clamp(min=1)), 1)


class Parted(nn.Module):
    """Splits the extractor's features into the actor's logits and the critic's input."""

    def __init__(self, extractor: BQExtractor) -> None:
        """Stores the extractor's sizes."""
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = extractor.actions, extractor.width
        self.pool = nn.Linear(extractor.width, extractor.width)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits ``[B, A]`` and features ``[B, width]`` of the value."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """Returns logits ``[B, A]``."""
        return features[:, : self.latent_dim_pi]

    def forward_critic(self, features: Tensor) -> Tensor:
        """Returns features ``[B, width]`` of the value."""
        return relu(self.pool(features[:, self.latent_dim_pi :]))


class MaskableBQPolicy(ByToken, MaskableMultiInputActorCriticPolicy):
    """``MaskablePPO(MaskableBQPolicy, env)``."""

    def __init__(self, observation_space: Any, action_space: Any, lr_schedule: Any, **settings: Any) -> None:
        """Creates the policy from SB3's arguments; ``features_extractor_kwargs`` are those of ``BQExtractor``.

        Raises:
            SettingError: if the settings contain another features extractor or dense layers.
        """
        if not issubclass(chosen := settings.setdefault("features_extractor_class", BQExtractor), BQExtractor):
            raise SettingError(f"a BQ-NCO policy needs a BQExtractor, got {chosen.__name__}")
        if settings.setdefault("net_arch", []):
            raise SettingError(f"a BQ-NCO policy has no dense layers, got net_arch {settings['net_arch']}")
        settings.setdefault("ortho_init", False)  # which would overwrite the trained weights
        super().__init__(observation_space, action_space, lr_schedule, **settings)

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = Parted(self.features_extractor)
