"""Templates of plugins: a folder a kind, and one that they share."""
