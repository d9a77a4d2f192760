"""Searches for good settings of an agent, with Optuna."""
