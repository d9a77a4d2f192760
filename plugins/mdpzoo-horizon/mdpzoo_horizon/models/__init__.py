"""Tabular models: locks, random ones, sticky actions, and files of models."""
