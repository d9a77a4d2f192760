"""Couplings of two distributions with little entropy: greedy, best of three, exact, and lower bounds."""
