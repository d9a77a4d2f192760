"""TorchRL: a vector environment of the zoo in ``GymWrapper``, with masks, a collector and PPO's loss.

TorchRL resets rows itself, so the vector environment is made with ``autoreset_mode="disabled"``. ``ActionMask`` keeps
random actions legal, and ``MaskedCategorical`` those of the policy.

    python torchrl_ppo.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["mdpzoo", "mdpzoo-combinatorial", "torchrl==0.14.1", "tensordict==0.14.3", "torch==2.13.0"]
# ///

import torch
from tensordict.nn import ProbabilisticTensorDictModule, ProbabilisticTensorDictSequential, TensorDictModule
from torch import Tensor, nn
from torchrl.collectors import Collector
from torchrl.envs import ActionMask, EnvBase, ExplorationType, GymWrapper, TransformedEnv, set_exploration_type
from torchrl.modules import MaskedCategorical, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

import mdpzoo

NODES, NUM_ENVS, BATCHES, EPOCHS, MINIBATCHES = 10, 64, 20, 3, 4
STEPS = NODES - 1  # of an episode
SEEN = ["coordinates", "distance", "action_mask"]


def environment(num_envs: int, seed: int) -> EnvBase:
    """Tours through ten cities, ``num_envs`` at a time."""
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", num_envs, num_nodes=NODES, autoreset_mode="disabled")
    env = TransformedEnv(GymWrapper(envs, categorical_action_encoding=True), ActionMask())
    env.set_seed(seed)
    return env


def features(coordinates: Tensor, distance: Tensor, mask: Tensor) -> Tensor:
    """What is known of each city, ``[..., n, 4]``."""
    return torch.cat([coordinates, torch.stack([distance, mask.float()], -1)], -1)


class Scores(nn.Module):
    """A score for each city, ``[..., n]``."""

    def __init__(self, width: int = 64) -> None:
        """Makes the layers."""
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.score = nn.Linear(2 * width, 1)

    def forward(self, coordinates: Tensor, distance: Tensor, mask: Tensor) -> Tensor:
        """Compares each city with the mean over all."""
        cities = self.layers(features(coordinates, distance, mask))
        whole = cities.mean(-2, keepdim=True).expand_as(cities)
        return self.score(torch.cat([cities, whole], -1)).squeeze(-1)


class Value(nn.Module):
    """The value of the tour that is still to come, ``[..., 1]``."""

    def __init__(self, width: int = 64) -> None:
        """Makes the layers."""
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.value = nn.Linear(width, 1)

    def forward(self, coordinates: Tensor, distance: Tensor, mask: Tensor) -> Tensor:
        """Values the mean over the cities."""
        return self.value(self.layers(features(coordinates, distance, mask)).mean(-2))


def actor() -> ProbabilisticTensorDictSequential:
    """A policy that gives illegal actions no probability."""
    return ProbabilisticTensorDictSequential(
        TensorDictModule(Scores(), in_keys=SEEN, out_keys=["logits"]),
        ProbabilisticTensorDictModule(
            in_keys={"logits": "logits", "mask": "action_mask"},
            out_keys=["action"],
            distribution_class=MaskedCategorical,
            return_log_prob=True,
            default_interaction_type=ExplorationType.RANDOM,
        ),
    )


def tour_length(policy: ProbabilisticTensorDictSequential | None) -> float:
    """Mean length over 500 instances that training does not see; None: of random tours."""
    with torch.no_grad(), set_exploration_type(ExplorationType.RANDOM):
        played = environment(500, seed=1).rollout(STEPS, policy)
    return -played["next", "reward"].sum(1).mean().item()


def main() -> None:
    """Collects and learns for about ten seconds on one core."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    policy = actor()
    critic = ValueOperator(Value(), in_keys=SEEN)
    loss = ClipPPOLoss(policy, critic, entropy_coeff=0.01)
    estimate = GAE(gamma=1.0, lmbda=0.95, value_network=critic)
    optimizer = torch.optim.Adam(loss.parameters(), lr=2e-3)
    before = tour_length(policy)
    per_batch = NUM_ENVS * STEPS
    collector = Collector(
        environment(NUM_ENVS, seed=0),
        policy,
        frames_per_batch=per_batch,
        total_frames=BATCHES * per_batch,
        auto_register_policy_transforms=False,
    )
    for batch in collector:
        for _ in range(EPOCHS):
            with torch.no_grad():
                estimate(batch)
            rows = batch.reshape(-1)
            for places in torch.randperm(per_batch).chunk(MINIBATCHES):
                terms = loss(rows[places])
                optimizer.zero_grad()
                (terms["loss_objective"] + terms["loss_critic"] + terms["loss_entropy"]).backward()
                optimizer.step()
    collector.shutdown()
    after = tour_length(policy)
    print(f"mean tour length: random {tour_length(None):.2f}, before {before:.2f}, after {after:.2f}")
    if not after < 0.85 * before:
        raise SystemExit("nothing was learned")


if __name__ == "__main__":
    main()
