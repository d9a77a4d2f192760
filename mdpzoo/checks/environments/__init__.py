"""Checks of environments with one decision maker."""
