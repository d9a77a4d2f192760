"""Latent MDPs and revealing POMDPs: environments, exact belief planning, learners, and features for deep RL."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use: the plugin's specs must not wait for numba or torch
    "BeliefFilter": "beliefs.filters",
    "BeliefObservation": "beliefs.observation_wrappers",
    "ContextObservation": "beliefs.observation_wrappers",
    "HistoryObservation": "beliefs.observation_wrappers",
    "StateObservation": "beliefs.observation_wrappers",
    "draw_beliefs": "pictures.drawings",
    "draw_regret": "pictures.drawings",
    "draw_value": "pictures.drawings",
    "latent_of": "beliefs.varied_environments",
    "latent_river_swim": "environments.rivers",
    "plan": "planning.planner",
    "simulate": "simulation",
    "pomdp_text": "planning.pomdp_files",
    "revealing_constant": "planning.revealing_constants",
    "save_pomdp": "planning.pomdp_files",
    "separation_of": "environments.random_contexts",
    "signpost": "environments.signposts",
    "solve_memoryless": "planning.memoryless",
    "tiger": "environments.tigers",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
