"""Errors, whole files, parallel work, paths and units: nothing of medicine.

Read :mod:`~analysis_lib.base.errors` first.
"""
