"""The search for simulated cohorts: patients for whom every printed number comes out at once. Never data.

Read in this order:

1. :mod:`~analysis_lib.reconstruction.search`: one cohort, from random times through all stages until it is verified.
2. :mod:`~analysis_lib.reconstruction.base_measure`: what nobody printed, drawn anew for each cohort.
3. ``stages``: survival, responses, treatment, progression, metastases and sizes, then the columns that are left;
   :mod:`~analysis_lib.reconstruction.stages.state` has what they share.
4. ``_numba``: the compiled kernels that a stage runs, and simulated annealing over them.
5. :mod:`~analysis_lib.reconstruction.verify`: the check of each cohort, by other means than the search's.
6. :mod:`~analysis_lib.reconstruction.build` and :mod:`~analysis_lib.reconstruction.ensemble`: many cohorts,
   written to a file and read from it.
7. ``adversary``: finished cohorts pushed towards extremes, and :mod:`~analysis_lib.reconstruction.witnesses`, which
   reads what it found.
8. ``studies``: what the search itself can and cannot tell.
"""
