"""Tables, figures and the ledger's entries, as pages show them.

Read :mod:`~analysis_lib.presentation.tables` first.
"""
