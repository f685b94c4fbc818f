"""Runs the PSPP syntax in this folder; keeps the output as printed and what the tests compare.

Run in this folder, with any Python 3: python pspp.py
"""

import csv
import itertools
import json
import subprocess


def tables(syntax: str):
    """Title and rows of each table that PSPP prints."""
    command = ["pspp", "-O", "format=csv", "-o", "-", syntax]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for block in printed.strip().split("\n\n"):
        title, *rows = csv.reader(block.splitlines())
        yield title[0].removeprefix("Table: "), rows


def labelled(rows: list[list[str]]) -> dict[str, list[str]]:
    """Rows under the last label before their numbers, numbers as printed."""
    found = {}
    for row in rows:
        numbers = list(itertools.dropwhile(lambda cell: not is_number(cell), row))
        label = [cell for cell in row[: len(row) - len(numbers)] if cell]
        if numbers and label:
            found[label[-1]] = [cell for cell in numbers if cell]
    return found


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def main() -> None:
    version = subprocess.run(["pspp", "--version"], capture_output=True, text=True).stdout
    answers = {"pspp": version.splitlines()[0], "crosstabs": {}, "samples": {}}
    for name in ("crosstabs", "samples"):
        syntax = f"pspp_{name}.sps"
        subprocess.run(["pspp", "-o", f"pspp_{name}.txt", syntax], check=True)
        subject = None
        for title, rows in tables(syntax):
            if title in ("Summary", "Case Processing Summary"):  # the first for each variable
                variable = (rows[-1][0] or rows[-2][0]).removesuffix(" × group")
                subject = answers[name].setdefault(variable, {})
            elif title in ("Chi-Square Tests", "Independent Samples Test"):
                subject.update(labelled(rows))
            # The first of two percentile tables is that of both groups together.
            elif title == "Percentiles" and title not in subject:
                subject[title] = labelled(rows[2:])
            elif title == "Test Statistics":
                subject["Mann-Whitney"] = rows[1][1:]
    with open("pspp.json", "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main()
