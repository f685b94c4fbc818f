"""Change each printed number in turn and see which verdicts change, in data/trust: `make sensitivity`."""

from __future__ import annotations

from manifest import Making

from analysis_lib import sensitivity


def main() -> None:
    making = Making("make sensitivity")
    sensitivity.write(sensitivity.run())
    making.note(sensitivity.RESULTS)


if __name__ == "__main__":
    main()
