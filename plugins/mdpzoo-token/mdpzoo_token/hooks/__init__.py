"""The interface of strategies: their specs, discovery and calls."""
