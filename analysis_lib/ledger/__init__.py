"""A verdict on each printed number, and the recipe that leads to it.

Read :mod:`~analysis_lib.ledger.recipes` first.
"""
