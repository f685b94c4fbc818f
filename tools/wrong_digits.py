"""Change each printed number in turn and see which verdicts change, in data/trust: `make sensitivity`."""

from __future__ import annotations

from manifest import Making

from analysis_lib.ledger import perturbation


def main() -> None:
    making = Making("make sensitivity")
    perturbation.write(perturbation.run())
    making.note(perturbation.RESULTS)


if __name__ == "__main__":
    main()
