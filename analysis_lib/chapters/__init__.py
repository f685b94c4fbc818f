"""What a chapter needs beside its argument: its parameters.

Read :mod:`~analysis_lib.chapters.parameters` first.
"""
