"""Edge assembly crossover: tours that exchange edges with another tour of a population."""
