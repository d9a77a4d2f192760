"""Policies that write tokens."""
