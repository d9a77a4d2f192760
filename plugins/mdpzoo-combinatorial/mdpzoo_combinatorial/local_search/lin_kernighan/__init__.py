"""Iterated Lin-Kernighan for symmetric tours: candidate edges, tours as arrays, chains of exchanges, and kicks."""
