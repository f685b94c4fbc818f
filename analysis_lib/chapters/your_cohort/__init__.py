"""The report on somebody's own patients: each section a function from one cohort to what the page shows.

Read first :mod:`.report`, which opens the file and lists the sections.
"""
