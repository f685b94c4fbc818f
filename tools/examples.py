"""Write the files of data/examples from the schema and from the public data sets that lifelines ships.

After a change of the latter, ask R anew: tests/oracles/public.R.
"""

from __future__ import annotations

from analysis_lib import cohort_examples, public_cohorts


def main() -> None:
    cohort_examples.EXAMPLES.mkdir(exist_ok=True)
    cohort_examples.TEMPLATE.write_text(cohort_examples.template(), encoding="utf-8")
    cohort_examples.example().to_csv(cohort_examples.EXAMPLE, index=False)
    for public in public_cohorts.PUBLIC:
        public.mapped().to_csv(public.file, index=False)


if __name__ == "__main__":
    main()
