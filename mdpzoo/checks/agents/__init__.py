"""Checks of agents: what they predict, how they learn, and what comes back from a file."""
