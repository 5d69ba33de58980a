"""Tabu search with relinking for flexible job shops."""
