"""Environments that change, built from tables."""
