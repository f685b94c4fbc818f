"""Errors, whole files and their manifests, parallel work, paths and constants: nothing of medicine.

Read :mod:`~analysis_lib.base.errors` first.
"""
