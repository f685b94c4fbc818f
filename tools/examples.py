"""Write the files of data/examples from the schema and from the public data sets that lifelines ships.

After a change of the latter, ask R anew: tests/oracles/public.R.
"""

from __future__ import annotations

from analysis_lib.cohort import public as public_cohorts
from analysis_lib.cohort import template


def main() -> None:
    template.EXAMPLES.mkdir(exist_ok=True)
    template.TEMPLATE.write_text(template.template(), encoding="utf-8")
    template.example().to_csv(template.EXAMPLE, index=False)
    for public in public_cohorts.PUBLIC:
        public.mapped().to_csv(public.file, index=False)


if __name__ == "__main__":
    main()
