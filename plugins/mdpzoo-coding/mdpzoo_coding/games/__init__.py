"""Markov coding games, as rules and around simulators."""
