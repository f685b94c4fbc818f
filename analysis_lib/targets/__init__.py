"""What a simulated cohort must meet: printed numbers as data, what is possible in a patient, recomputation.

Read :mod:`~analysis_lib.targets.catalogue` first.
"""
