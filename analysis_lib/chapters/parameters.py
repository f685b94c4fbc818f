"""Each chapter's typed parameters: declared once, checked before anything is computed.

Papermill only warns of a name that it does not know and checks no value; here both fail, with the
nearest valid name, whether a chapter is run by ``python -m analysis_lib chapter`` (before a kernel
starts) or by plain ``papermill`` (in the chapter's first cell).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import ROOT

if TYPE_CHECKING:
    from analysis_lib.presentation.tables import Html

Value = float | int | str
_ABSENT = object()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a chapter.

    Parameters
    ----------
    name, default, help
        As the chapter declares them; the default's type is the parameter's.
    low, high
        Ends of the range that numbers must lie in.
    choices
        The strings allowed; empty if any is.
    unit
        Of a number that has one.
    """

    name: str
    default: Value
    help: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    unit: str = ""

    def check(self, value: object) -> Value:
        """The value in the parameter's type.

        Raises
        ------
        InputError
            If it is of another type, out of range or none of the choices.
        """
        if isinstance(self.default, str):
            if not isinstance(value, str) or (self.choices and value not in self.choices):
                raise InputError(
                    f"{self.name}={value!r} is not allowed",
                    remedy="one of " + ", ".join(self.choices) if self.choices else "a text",
                )
            return value
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise InputError(f"{self.name}={value!r} is not a number", remedy=self.range) from None
        if not self.low <= number <= self.high:
            raise InputError(f"{self.name}={value} is out of range", remedy=self.range)
        if isinstance(self.default, int):
            if number != int(number):
                raise InputError(f"{self.name}={value} is not a whole number", remedy=self.range)
            return int(number)
        return number

    @property
    def range(self) -> str:
        """What is allowed, in words."""
        if isinstance(self.default, str):
            return ", ".join(self.choices) or f"{self.default}, or a path"
        return f"from {self.low:.10g} to {self.high:.10g}"


_CONFIDENCE = Parameter("confidence", 0.95, "level of the intervals", 0.5, 0.999)
_INTERVAL = Parameter("interval", "exact", "Clopper–Pearson or Wilson interval of a share", choices=("exact", "wilson"))
_TIES = Parameter("ties", "breslow", "what tied deaths add to a Cox model", choices=("breslow", "efron"))
_MEDIAN_INTERVAL = Parameter(
    "median_interval", "spss", "interval of a median: SPSS's, or R's", choices=("spss", "plain", "log", "log-log")
)
CHAPTERS: dict[str, tuple[Parameter, ...]] = {
    "index": (),
    "study": (),
    "how-it-works": (),
    "methods": (),
    "toxicity": (_CONFIDENCE, _INTERVAL),
    "response": (_CONFIDENCE, _INTERVAL),
    "surgery": (_CONFIDENCE, _INTERVAL),
    "tvi": (),
    "survival": (
        Parameter("landmark_months", 14.8, "start of landmark analyses", 0.0, 120.0, unit="months"),
        Parameter("seed", 2022, "draws the cohort that is looked at by itself", 0, 2**32 - 1),
        _TIES,
        _MEDIAN_INTERVAL,
    ),
    "slips": (),
    "discussion": (),
    "immortal-time": (
        _CONFIDENCE,
        # Earlier, next to nobody had been operated on; later, few were left to die.
        Parameter("landmark_months", 18.0, "start of landmark analyses", 9.0, 120.0, unit="months"),
    ),
    "confounding": (
        _CONFIDENCE,
        Parameter("seed", 2022, "of the bootstrap", 0, 2**32 - 1),
        Parameter("resamplings", 100, "of each cohort redrawn in the bootstrap", 20, 2000),
    ),
    "small-numbers": (),
    "multiplicity": (),
    "comparisons": (_CONFIDENCE, _INTERVAL),
    "appraisal": (),
    "conventions": (),
    "ledger": (),
    "reconstruction": (),
    "validation": (),
    "benchmark": (),
    "quality": (),
    "rerun": (),
    "your-cohort": (
        Parameter("cohort", "example", "the invented example, or a file in the schema"),
        Parameter("cohort_number", -1, "which cohort of a file that holds several; -1 for the only one", -1, 10**9),
        Parameter(
            "time_unit",
            "years",
            "unit of the times of survival where their headings name none",
            choices=("years", "months", "days"),
        ),
        Parameter("landmark_months", 18.0, "start of landmark analyses", 0.0, 240.0, unit="months"),
        Parameter("horizon_years", 5.0, "end of the restricted mean", 0.1, 50.0, unit="years"),
        _TIES,
        _MEDIAN_INTERVAL,
    ),
}


def check(chapter: str, values: Mapping[str, object]) -> dict[str, Value]:
    """The values of a chapter's parameters, defaults filled in.

    Raises
    ------
    InputError
        If the chapter or a name is unknown, or a value is not allowed.

    Examples
    --------
    >>> check("toxicity", {"confidence": "0.9"})
    {'confidence': 0.9, 'interval': 'exact'}
    """
    if chapter not in CHAPTERS:
        raise InputError(f"there is no chapter {chapter!r}", remedy=nearest(chapter, list(CHAPTERS)))
    known = {p.name: p for p in CHAPTERS[chapter]}
    for name in values:
        if name not in known:
            raise InputError(f"{chapter} has no parameter {name!r}", remedy=nearest(name, list(known)))
    return {name: p.check(values.get(name, p.default)) for name, p in known.items()}


def from_namespace(chapter: str, namespace: Mapping[str, object]) -> dict[str, Value]:
    """Parameters as a chapter's first cell finds them, where nothing else has been defined yet; see :func:`check`.

    Papermill defines whatever it is given, so that a misspelt name lies here beside the right one.

    Parameters
    ----------
    chapter
        Its name.
    namespace
        The chapter's ``globals()``.
    """
    # What IPython itself has defined, such as In and Out: it lists what `%who` leaves out. A plain Python has no such.
    hidden = namespace["get_ipython"]().user_ns_hidden if "get_ipython" in namespace else {}
    defined = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and hidden.get(name, _ABSENT) is not value and not isinstance(value, ModuleType)
    }
    return check(chapter, defined)


def notice(chapter: str, values: Mapping[str, Value]) -> Html:
    """What differs from the book's run, blank if nothing; ``chapter, values`` as :func:`check` takes and gives them."""
    from analysis_lib.presentation.tables import Html

    changed = [p for p in CHAPTERS[chapter] if values[p.name] != p.default]
    other = [f"{p.name} = {_text(values[p.name])} ({_text(p.default)})" for p in changed]
    return Html(
        '<p class="rerun"><strong>This is a rerun.</strong> It differs from the book (in brackets) in '
        f"{escape(', '.join(other))}. The text was written of the book's own run.</p>"
        if changed
        else ""
    )


def settings(chapter: str, values: Mapping[str, Value]) -> Html:
    """Folded table of a chapter's parameters, with the command that gives it these values; as :func:`notice`."""
    from analysis_lib.presentation import tables

    declared = CHAPTERS[chapter]
    table = tables.table(
        ("Parameter", "Here", "Allowed", "What it is"),
        [
            (
                f"<code>{p.name}</code>",
                escape(f"{_text(values[p.name])} {p.unit}".strip()),
                escape(f"{p.range} {p.unit}".strip()),
                escape(p.help),
            )
            for p in declared
        ],
        "What can be changed in this chapter",
    )
    options = " ".join(f"-p {p.name}={shlex.quote(_text(values[p.name]))}" for p in declared)
    return tables.Html(
        f'<details class="parameters"><summary>Run this chapter on other assumptions</summary>{table.html}'
        f"<p><code>python -m analysis_lib chapter {chapter} {escape(options)}</code></p></details>"
    )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def parse(chapter: str, assignments: Sequence[str]) -> dict[str, Value]:
    """As :func:`check`, from ``key=value`` strings of a command line."""
    values: dict[str, object] = {}
    for assignment in assignments:
        name, sign, value = assignment.partition("=")
        if not sign:
            raise InputError(f"{assignment!r} is not a parameter", remedy="KEY=VALUE, as in confidence=0.9")
        values[name] = value
    chosen = check(chapter, values)
    # A chapter runs in the repository's folder, this command anywhere: a file is meant as seen from here.
    for parameter in CHAPTERS[chapter]:
        if isinstance(parameter.default, str) and not parameter.choices:
            file = Path(os.path.expanduser(chosen[parameter.name]))
            if file.is_file():
                chosen[parameter.name] = str(file.absolute())
    return chosen


def check_files(chapter: str, values: Mapping[str, Value]) -> None:
    """Refuse a cohort file that the chapter could not read, sooner than its kernel would.

    Raises
    ------
    InputError
        If the file is missing, holds several cohorts of which none is chosen, or is no well-formed cohort; it lists
        all problems.
    """
    for parameter in CHAPTERS[chapter]:
        if parameter.name == "cohort" and values["cohort"] != parameter.default:
            file = str(values["cohort"])
            if not os.path.exists(os.path.expanduser(file)):
                raise InputError("no such file", file=file)
            # Only here: it loads slowly.
            from analysis_lib.cohort import validation

            validation.load(file, int(values["cohort_number"]), str(values["time_unit"]))


def run(chapter: str, values: Mapping[str, Value], out: Path) -> Path:
    """Run a chapter with papermill.

    Parameters
    ----------
    chapter
        Its name.
    values
        As :func:`check` gives them.
    out
        Folder for the executed notebook; made if missing.

    Returns
    -------
    Path
        The executed notebook.

    Raises
    ------
    InputError
        If the folder cannot be written to, or if the chapter's cells fail; the notebook as far as it came is kept.
    """
    import papermill

    notebook = out / f"{chapter}.ipynb"
    try:
        out.mkdir(parents=True, exist_ok=True)
        papermill.execute_notebook(
            str(ROOT / "book" / f"{chapter}.ipynb"),
            str(notebook),
            parameters=dict(values),
            cwd=str(ROOT),
            progress_bar=False,
            coalesce_streams=True,
            # What the kernel itself would say on the terminal.
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
    except papermill.PapermillExecutionError as error:
        raise InputError(f"{error.ename}: {error.evalue}", file=notebook, remedy="see its last cell") from None
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=error.filename or out) from None
    except RuntimeError as error:
        raise InputError(f"the chapter's kernel failed: {error}", file=notebook) from None
    return notebook
