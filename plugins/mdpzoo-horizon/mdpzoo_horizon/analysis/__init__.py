"""The effective horizon of a tabular model, bounds on samples, and GORP's probability of success."""
