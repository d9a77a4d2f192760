"""The loop of reinforcement fine-tuning, its policy as an SB3-shaped agent, and its files."""
