"""Zero-sum games: exact equilibria, adversaries of bounded rationality, robust control."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use: the plugin's specs must not wait for SciPy or torch
    "AlternatingSAC": "agents.alternating_sac",
    "BestResponses": "solvers.exploitation",
    "GammaTeacher": "agents.gamma_teacher",
    "LQSolution": "solvers.lq_games",
    "MarkovSolution": "solvers.markov_games",
    "MatrixSolution": "solvers.matrix_games",
    "RobustnessGrid": "robustness.grids",
    "WorstCase": "robustness.fresh_adversaries",
    "best_responses": "solvers.exploitation",
    "draw_grids": "pictures.heat_maps",
    "exploitability": "solvers.exploitation",
    "matrix_nash": "solvers.matrix_games",
    "matrix_qre": "solvers.matrix_games",
    "protagonist_returns": "robustness.grids",
    "robustness_grid": "robustness.grids",
    "solve_lq_game": "solvers.lq_games",
    "solve_markov_game": "solvers.markov_games",
    "temperature_schedule": "agents.gamma_teacher",
    "worst_case": "robustness.fresh_adversaries",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
