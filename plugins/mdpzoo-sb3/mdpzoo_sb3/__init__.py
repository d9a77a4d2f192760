"""The algorithms of Stable-Baselines3 and sb3-contrib as agents of MDPZoo."""
