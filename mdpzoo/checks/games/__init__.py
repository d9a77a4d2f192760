"""Checks of games: PettingZoo's parallel and turn-based environments, and their seats."""
