"""Deterministic and near-deterministic encoders of bounded entropy."""
