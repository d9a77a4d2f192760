"""Seats of games: one player's view as rules of one decision maker, the others frozen."""
