"""Simulated annealing of a whole plant: compiled moves on lines of operations."""
