"""RULES: Go and Gomoku on one goban, as Numba kernels over batches of games."""
