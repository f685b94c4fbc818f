"""A printed number as a string of digits and the interval that it stands for; the transcription of the paper.

Read :mod:`~analysis_lib.printed.number` first.
"""
