"""The ranges of numbers that algorithms of Stable-Baselines3 2.9 and sb3-contrib 2.9 take, for ``AgentSpec.ranges``.

Their signatures give types only. The ranges follow their documentation and assertions: outside a range, an algorithm
raises, divides by zero, or does what its documentation excludes. A setting has the same range in all of them.
"""

from typing import Any

AT_LEAST_0: dict[str, Any] = {"low": 0}
AT_LEAST_1: dict[str, Any] = {"low": 1}
POSITIVE: dict[str, Any] = {"low": 0, "above": True}
SHARE: dict[str, Any] = {"low": 0, "high": 1}
ANY: dict[str, Any] = {}

COMMON: dict[str, Any] = {
    "learning_rate": AT_LEAST_0,  # or a schedule
    "gamma": SHARE,
    "batch_size": AT_LEAST_1,
    "n_steps": AT_LEAST_1,
    "stats_window_size": AT_LEAST_1,
    "verbose": {"low": 0, "high": 2},
    "seed": {"low": 0, "high": 2**32 - 1},  # NumPy's
}
ON_POLICY = COMMON | {
    "gae_lambda": SHARE,
    "ent_coef": ANY,
    "vf_coef": AT_LEAST_0,
    "max_grad_norm": AT_LEAST_0,
    "sde_sample_freq": {"low": -1},  # -1: at the start of a rollout only
}
A2C = {name: each for name, each in ON_POLICY.items() if name != "batch_size"} | {"rms_prop_eps": POSITIVE}
MASKABLE_PPO = {name: each for name, each in ON_POLICY.items() if name != "sde_sample_freq"} | {
    "n_epochs": AT_LEAST_1,
    "clip_range": POSITIVE,  # or a schedule
    "clip_range_vf": POSITIVE,
    "target_kl": POSITIVE,
}
PPO = ON_POLICY | MASKABLE_PPO
TRPO = {name: each for name, each in ON_POLICY.items() if name not in ("ent_coef", "vf_coef", "max_grad_norm")} | {
    "cg_max_steps": AT_LEAST_1,
    "cg_damping": AT_LEAST_0,
    "line_search_shrinking_factor": {"low": 0, "high": 1, "above": True, "below": True},
    "line_search_max_iter": AT_LEAST_1,
    "n_critic_updates": AT_LEAST_1,
    "target_kl": POSITIVE,
    "sub_sampling_factor": AT_LEAST_1,
}
OFF_POLICY = COMMON | {
    "buffer_size": AT_LEAST_1,
    "learning_starts": AT_LEAST_0,
    "tau": SHARE,
    "train_freq": AT_LEAST_1,  # or a pair, as in (1, "episode")
    "gradient_steps": {"low": -1},  # -1: as many as steps were taken
}
DQN = OFF_POLICY | {
    "target_update_interval": AT_LEAST_1,
    "exploration_fraction": {"low": 0, "high": 1, "above": True},
    "exploration_initial_eps": SHARE,
    "exploration_final_eps": SHARE,
    "max_grad_norm": AT_LEAST_0,
}
SAC = OFF_POLICY | {
    "ent_coef": AT_LEAST_0,  # or "auto", "auto_0.1"
    "target_entropy": ANY,  # or "auto"
    "target_update_interval": AT_LEAST_1,
    "sde_sample_freq": {"low": -1},
}
TD3 = OFF_POLICY | {"policy_delay": AT_LEAST_1, "target_policy_noise": AT_LEAST_0, "target_noise_clip": AT_LEAST_0}
