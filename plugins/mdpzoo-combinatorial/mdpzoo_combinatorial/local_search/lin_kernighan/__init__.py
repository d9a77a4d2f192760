"""Iterated Lin-Kernighan for symmetric tours: candidates, tours as arrays, chains of exchanges, kicks."""
