"""The adversary: a search for the most extreme cohorts that meet every printed number and every rule.

A search stops at the first cohort that it finds, and its starts have habits. So that all cohorts of an ensemble agree
on something unprinted does not show that the printed numbers hold it. The adversary begins with the most extreme cohort
of the ensemble and pushes a quantity to either side: the goal is one more term beside the misfit of printed numbers.
A ratchet sets the next goal just past what was reached. Around the pushed times or sizes the later stages of the usual
search make a whole cohort, the most extreme first, and what is verified is a witness. Then it begins again from there.

A witness proves that a value is possible. That a push got no farther proves nothing.

- :mod:`~analysis_lib.reconstruction.adversary.quantities`: what is pushed, and how it is computed.
- :mod:`~analysis_lib.reconstruction.adversary.unprinted`: limits that nobody printed, usual and widest.
- ``times``, ``progressions``, ``sizes``, ``scores``, ``redraws``: what is moved, or drawn anew, for which quantities.
- ``ratchet``, ``push``, ``build``: one quantity to one side, and all of them.
"""
