"""The shells: rules made into Gymnasium, PettingZoo and Stable-Baselines3 environments, written once."""
