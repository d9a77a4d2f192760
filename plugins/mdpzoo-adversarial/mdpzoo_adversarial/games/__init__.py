"""Games whose equilibria are known exactly."""
