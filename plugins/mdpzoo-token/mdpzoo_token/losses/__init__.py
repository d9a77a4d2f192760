"""Quantities and surrogates of tokens, from which strategies are built: pure functions over tensors."""
