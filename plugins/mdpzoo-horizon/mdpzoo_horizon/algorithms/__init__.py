"""SQIRL and GORP as Stable-Baselines3 algorithms."""
