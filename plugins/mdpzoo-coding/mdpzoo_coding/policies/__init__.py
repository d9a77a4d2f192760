"""Policies that give probabilities: what a message is sent through."""
