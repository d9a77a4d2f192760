"""Physical parameters that change, in any Gymnasium environment."""
