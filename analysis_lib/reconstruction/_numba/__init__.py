"""Compiled kernels of the search: curves, tests, regressions and annealing of one cohort."""
