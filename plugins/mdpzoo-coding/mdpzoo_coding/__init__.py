"""Markov coding games."""
