"""The search for simulated cohorts: patients for whom every printed number comes out at once. Never data.

Read in this order:

1. :mod:`~analysis_lib.reconstruction.chain`: the cohorts of one start, stage by stage.
2. ``stages``: survival, covariates, progression, then the columns that are left;
   :mod:`~analysis_lib.reconstruction.stages.state` has what they share.
3. ``_numba``: the compiled kernels that a stage runs, and simulated annealing over them.
4. :mod:`~analysis_lib.reconstruction.verify`: the check of each cohort, by other means than the search's.
5. :mod:`~analysis_lib.reconstruction.build` and :mod:`~analysis_lib.reconstruction.ensemble`: many starts,
   written to a file and read from it.
6. ``studies``: what the search itself can and cannot tell.
"""
