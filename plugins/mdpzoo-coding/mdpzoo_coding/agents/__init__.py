"""Senders and receivers of Markov coding games."""
