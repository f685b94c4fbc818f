"""What a simulated cohort must meet: printed numbers as data, what is possible in a patient, recomputation.

Read ``data/targets.csv`` first, then :mod:`~analysis_lib.targets.catalogue`.
"""
