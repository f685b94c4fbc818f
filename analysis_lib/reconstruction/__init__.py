"""Reconstructed cohorts: synthetic patients for whom every printed number comes out at once.

``targets`` says what must come out, ``kernels`` computes it fast, ``anneal`` searches, ``search``
puts a cohort together, ``ensemble`` makes many, ``verify`` checks them by other means and
``diversity`` says how much they differ. A reconstructed cohort is never data.
"""
