"""Latent MDPs and revealing POMDPs: environments, exact belief planning, learners, and features for deep RL."""

from mdpzoo.specs import lazily

WHERE = {  # imported when asked for: the plugin's specs must not wait for numba or torch
    "BeliefFilter": "beliefs.filters",
    "BeliefObservation": "beliefs.observation_wrappers",
    "ContextObservation": "beliefs.observation_wrappers",
    "HistoryObservation": "beliefs.observation_wrappers",
    "StateObservation": "beliefs.observation_wrappers",
    "latent_of": "beliefs.varied_environments",
    "latent_river_swim": "environments.rivers",
    "plan": "planning.planner",
    "simulate": "simulation",
    "signpost": "environments.signposts",
    "tiger": "environments.tigers",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
