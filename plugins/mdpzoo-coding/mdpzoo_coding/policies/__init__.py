"""Policies that give probabilities, and so can carry messages."""
