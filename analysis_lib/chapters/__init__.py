"""What a chapter needs beside its argument: parameters, headline tables, a user's cohort.

Read :mod:`~analysis_lib.chapters.parameters` first.
"""
