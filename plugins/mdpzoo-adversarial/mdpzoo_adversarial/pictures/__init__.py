"""Pictures of robustness."""
