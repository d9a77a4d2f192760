"""Search spaces of ``mdpzoo tune`` for each algorithm: around the defaults, which they always include."""

from typing import Any

RATE: dict[str, Any] = {"low": 1e-5, "high": 1e-2, "log": True}
DISCOUNT: dict[str, Any] = {"choices": [0.9, 0.95, 0.98, 0.99, 0.995, 0.999]}
ON_POLICY: dict[str, Any] = {
    "learning_rate": RATE,
    "gamma": DISCOUNT,
    "gae_lambda": {"choices": [0.8, 0.9, 0.95, 0.98, 1.0]},
    "ent_coef": {"choices": [0.0, 0.001, 0.01, 0.05]},
    "vf_coef": {"low": 0.1, "high": 1.0},
    "max_grad_norm": {"choices": [0.3, 0.5, 1.0, 2.0]},
}
PPO: dict[str, Any] = ON_POLICY | {
    "n_epochs": {"choices": [3, 5, 10, 20]},
    "batch_size": {"choices": [32, 64, 128, 256]},
    "clip_range": {"choices": [0.1, 0.2, 0.3, 0.4]},
}
TRPO: dict[str, Any] = {
    "learning_rate": RATE,
    "gamma": DISCOUNT,
    "gae_lambda": ON_POLICY["gae_lambda"],
    "target_kl": {"low": 0.001, "high": 0.1, "log": True},
    "n_critic_updates": {"choices": [5, 10, 20]},
}
VALUES: dict[str, Any] = {
    "learning_rate": RATE,
    "gamma": DISCOUNT,
    "batch_size": {"choices": [32, 64, 128, 256]},
    "train_freq": {"choices": [1, 4, 8, 16]},
    "target_update_interval": {"choices": [100, 1_000, 10_000]},
    "exploration_fraction": {"choices": [0.005, 0.05, 0.1, 0.2, 0.5]},
    "exploration_final_eps": {"low": 0.01, "high": 0.2},
}
ACTOR_CRITIC: dict[str, Any] = {
    "learning_rate": RATE,
    "gamma": DISCOUNT,
    "batch_size": {"choices": [64, 128, 256, 512]},
    "tau": {"choices": [0.001, 0.005, 0.01, 0.02, 0.05]},
    "train_freq": {"choices": [1, 4, 8, 16]},
}
SEARCH: dict[str, dict[str, Any]] = {
    "ppo": PPO,
    "maskable-ppo": PPO,
    "recurrent-ppo": PPO | {"batch_size": {"choices": [64, 128, 256]}},
    "a2c": ON_POLICY | {"n_steps": {"choices": [5, 8, 16, 32]}},
    "trpo": TRPO,
    "dqn": VALUES,
    "qr-dqn": VALUES,
    "sac": ACTOR_CRITIC,
    "td3": ACTOR_CRITIC,
}
