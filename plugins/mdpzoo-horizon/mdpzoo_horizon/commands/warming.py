"""Compiles what ``mdpzoo horizon`` uses."""

from mdpzoo_horizon.analysis.horizon_analysis import effective_horizon
from mdpzoo_horizon.tables.sources import model_of


def warm_up() -> None:
    """Analyses a small lake."""
    model, _ = model_of("FrozenLake-v1", is_slippery=False)
    effective_horizon(model, 5)
