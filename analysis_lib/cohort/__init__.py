"""Patients, one a row, in the schema: reading, checking, and a template to fill in.

Read :mod:`~analysis_lib.cohort.schema` first.
"""
