"""Recorded trajectories: frozen arrays in one file, for offline learning, imitation and evaluation."""

from mdpzoo.records.recording import record
from mdpzoo.records.trajectories import Trajectories

__all__ = ["Trajectories", "record"]
