"""The search for simulated cohorts: patients for whom every printed number comes out at once.

:mod:`~analysis_lib.reconstruction.chain` makes the cohorts of one start, stage by stage;
:mod:`~analysis_lib.reconstruction.build` makes many, and :mod:`~analysis_lib.reconstruction.verify`
checks them by other means than the search's. Read ``chain`` first. A simulated cohort is never data.
"""
