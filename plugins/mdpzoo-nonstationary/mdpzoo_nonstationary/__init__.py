"""Decision processes that change without notice: environments, change detectors, learners, drift, exact regret."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use: the plugin's specs must not wait for numba or torch
    "BOCPD": "detectors.alternatives",
    "Bursts": "drift.schedules",
    "CUSUM": "detectors.alternatives",
    "Drift": "drift.schedules",
    "DriftingEnv": "drift.wrapper",
    "GLR": "detectors.alternatives",
    "RBOCPD": "detectors.restarting",
    "RandomWalk": "drift.schedules",
    "RewardDetector": "detectors.reward_streams",
    "Sinus": "drift.schedules",
    "Step": "drift.schedules",
    "adapt": "drift.adaptation",
    "continuing": "environments.tables",
    "drifting": "drift.wrapper",
    "draw_regret": "judgement.picture",
    "noisy": "environments.tables",
    "permuted": "environments.tables",
    "piecewise": "environments.tables",
    "simulate": "simulation",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
