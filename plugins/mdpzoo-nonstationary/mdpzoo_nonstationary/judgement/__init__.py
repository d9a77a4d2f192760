"""Exact dynamic regret, detection delays and pictures."""
