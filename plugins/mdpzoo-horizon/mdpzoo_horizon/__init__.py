"""SQIRL, GORP and the effective horizon: when random exploration and a short lookahead suffice."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use, so that the plugin's specs do not wait for torch or numba
    "GORP": "algorithms.gorp_agent",
    "HorizonReport": "analysis.horizon_report",
    "SQIRL": "algorithms.sqirl_agent",
    "combination_lock": "models.locks",
    "effective_horizon": "analysis.horizon_analysis",
    "explore": "tables.state_search",
    "gorp_bound": "analysis.gorp_bounds",
    "gorp_success": "analysis.gorp_predictor",
    "guaranteed_success": "analysis.gorp_bounds",
    "predicted_samples": "analysis.gorp_predictor",
    "random_mdp": "models.random_models",
    "read_bridge": "models.bridge_files",
    "read_exploration": "models.bridge_files",
    "read_model": "models.model_files",
    "sticky": "models.sticky_actions",
    "sticky_pairs": "models.sticky_actions",
    "tabularise": "tables.environment_tables",
    "write_bridge": "models.bridge_files",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
