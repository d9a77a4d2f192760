"""Exact belief planning: trees with memo, alpha vectors, bounds, and the informed and memoryless optima."""
