"""Rollouts of a policy: batches of sequences, branching or not, and measurements of them."""
