"""Compiled kernels of the search: tests, curves and regressions of one cohort, and annealing over them.

:mod:`~analysis_lib.reconstruction._numba.annealing` has what all searches share; each ``anneal_`` module is one search.
"""
