"""PPO in one file, in the style of CleanRL: a batch of environments, a network and a loop, all on tensors.

``make_vec(..., output="torch")`` keeps observations, masks, rewards and ends on the device, so the loop copies nothing.
The task is a tour through ten cities. The network scores each city, and cities that were visited get no probability.

    python torch_ppo.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["mdpzoo", "mdpzoo-combinatorial", "torch==2.13.0"]
# ///

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

import mdpzoo

NUM_ENVS, NODES, UPDATES, EPOCHS, MINIBATCHES = 128, 10, 30, 3, 4
STEPS = NODES - 1  # of an episode: the last city is the way home
DISCOUNT, SMOOTHING, CLIP, ENTROPY = 1.0, 0.95, 0.2, 0.01
device = "cuda" if torch.cuda.is_available() else "cpu"


class Policy(nn.Module):
    """Scores every city, and values the tour that is still to come."""

    def __init__(self, width: int = 64) -> None:
        """Makes the layers; a city has two coordinates, a distance from here, and whether it may be visited."""
        super().__init__()
        self.cities = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.score = nn.Sequential(nn.Linear(2 * width, width), nn.Tanh(), nn.Linear(width, 1))
        self.value = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, seen: dict[str, Tensor]) -> tuple[Categorical, Tensor]:
        """Returns a distribution over ``[B, n]`` cities and values ``[B]``."""
        mask = seen["action_mask"]
        features = torch.cat([seen["coordinates"], torch.stack([seen["distance"], mask.float()], -1)], -1)
        cities = self.cities(features)
        whole = cities.mean(1, keepdim=True)
        scores = self.score(torch.cat([cities, whole.expand_as(cities)], -1)).squeeze(-1)
        return Categorical(logits=scores.masked_fill(~mask, -torch.inf)), self.value(whole).view(-1)


def rollout(envs, policy: Policy, seen: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Plays STEPS steps; returns what happened, ``[STEPS, B, ...]``, and the next observation."""
    steps = []
    for _ in range(STEPS):
        with torch.no_grad():
            chances, value = policy(seen)
        action = chances.sample()
        step = {**seen, "action": action, "logp": chances.log_prob(action), "value": value}
        seen, reward, terminated, truncated, _ = envs.step(action)
        steps.append(step | {"reward": reward.float(), "done": terminated | truncated})
    return {name: torch.stack([each[name] for each in steps]) for name in steps[0]}, seen


def advantages(batch: dict[str, Tensor], last_value: Tensor) -> Tensor:
    """Generalised advantage estimates, ``[STEPS, B]``."""
    found, after, next_value = torch.zeros_like(batch["value"]), 0.0, last_value
    for t in reversed(range(STEPS)):
        goes_on = (~batch["done"][t]).float()
        delta = batch["reward"][t] + DISCOUNT * goes_on * next_value - batch["value"][t]
        found[t] = after = delta + DISCOUNT * SMOOTHING * goes_on * after
        next_value = batch["value"][t]
    return found


def update(policy: Policy, optimizer: torch.optim.Optimizer, batch: dict[str, Tensor], last_value: Tensor) -> None:
    """Takes PPO's clipped steps on one rollout."""
    gained = advantages(batch, last_value)
    rows = {name: each.flatten(0, 1) for name, each in batch.items()}
    rows |= {"advantage": gained.flatten(), "return": (gained + batch["value"]).flatten()}
    for _ in range(EPOCHS):
        for places in torch.randperm(STEPS * NUM_ENVS, device=device).chunk(MINIBATCHES):
            part = {name: each[places] for name, each in rows.items()}
            chances, value = policy(part)
            ratio = (chances.log_prob(part["action"]) - part["logp"]).exp()
            gain = (part["advantage"] - part["advantage"].mean()) / (part["advantage"].std() + 1e-8)
            surrogate = torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
            loss = 0.5 * (value - part["return"]).square().mean() - surrogate - ENTROPY * chances.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
            optimizer.step()


def tour_length(policy: Policy, episodes: int = 1_000) -> float:
    """Mean length of the tours that the policy draws, on instances that training does not see."""
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", episodes, num_nodes=NODES, output="torch", device=device)
    seen, _ = envs.reset(seed=1)
    length = torch.zeros(episodes, device=device)
    for _ in range(STEPS):
        with torch.no_grad():
            seen, reward, *_ = envs.step(policy(seen)[0].sample())
        length -= reward.float()
    return length.mean().item()


def main() -> None:
    """Trains for about ten seconds on one core."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    envs = mdpzoo.make_vec(
        "mdpzoo/TSP-v0", NUM_ENVS, num_nodes=NODES, output="torch", device=device, autoreset_mode="same_step"
    )
    policy = Policy().to(device)
    optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
    before = tour_length(policy)
    seen, _ = envs.reset(seed=0)
    for _ in range(UPDATES):
        batch, seen = rollout(envs, policy, seen)
        with torch.no_grad():
            last_value = policy(seen)[1]
        update(policy, optimizer, batch, last_value)
    after = tour_length(policy)
    print(f"mean tour length before and after {UPDATES * STEPS * NUM_ENVS:,} steps: {before:.2f}, {after:.2f}")
    if not after < 0.8 * before:
        raise SystemExit("nothing was learned")


if __name__ == "__main__":
    main()
