"""Runs: one agent trained on one environment with one seed, kept in one folder."""
