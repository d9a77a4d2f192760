"""Beliefs and histories as observations for deep RL, and latent MDPs of any Gymnasium environment."""
