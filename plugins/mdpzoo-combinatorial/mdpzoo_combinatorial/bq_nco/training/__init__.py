"""Training: labels to imitate, the agent's own best solutions, sampling of states, and optimisers."""
