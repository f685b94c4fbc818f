"""What a simulated cohort must meet: the printed numbers as data, what is possible in a patient, and an independent recomputation.

Read :mod:`~analysis_lib.targets.catalogue` first.
"""
