"""Latent MDPs and revealing POMDPs, each a function that builds its rules."""
