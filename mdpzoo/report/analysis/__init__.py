"""Records turned into the numbers that a report shows."""
