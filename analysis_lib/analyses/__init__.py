"""What a reviewer asks of any cohort: description, immortal time, propensity weighting, sensitivity.

Read :mod:`~analysis_lib.analyses.description` first.
"""
