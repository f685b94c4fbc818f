"""Tests, intervals and models on plain arrays and tables; nothing here knows the paper.

Read :mod:`~analysis_lib.statistics.contingency` first.
"""
