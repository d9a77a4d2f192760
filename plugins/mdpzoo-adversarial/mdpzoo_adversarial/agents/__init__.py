"""Learners for two-player zero-sum games with continuous actions."""
