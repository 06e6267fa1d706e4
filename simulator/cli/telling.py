"""What the command `run` says while scenarios are played: plain lines, on a terminal a bar below them as well."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from rich.text import Text

from simulator.scenario import Event, Outcome, Scenario, StepEnded

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from simulator.scenario.results import Played, Results

_WORDS = {"held": "held", "failed": "did not hold", "invalid": "makes no sense"}
_STYLES = {"held": "green", "failed": "bold red", "invalid": "bold red"}
_WIDTH = max(map(len, _WORDS.values()))


class Teller:
    """Tells of a single scenario in a line a step, of several in a line each, and why one does not hold."""

    def __init__(self, console: Console, total: int, verbose: bool) -> None:
        self._console = console
        self._single = total == 1
        self._steps = self._single or verbose
        self._total = total
        self._exits = ExitStack()
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Teller:
        if self._console.is_terminal and not self._single:
            progress = _progress(self._console)
            self._bar = self._exits.enter_context(progress), progress.add_task("", total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def begins(self, scenario: Scenario) -> None:
        """A scenario begins."""
        if self._steps:
            self._console.print(f"{scenario.title}  ({scenario.file})", style="bold", soft_wrap=True)
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, description=scenario.title)

    def hear(self, event: Event) -> None:
        """Something happens in a scenario."""
        if self._steps and isinstance(event, StepEnded):
            self._console.print(str(event), soft_wrap=True)

    def ended(self, played: Played) -> None:
        """A scenario has ended."""
        result = played.result
        if played.outcome is not None and self._steps:
            self._console.print(_held(played.outcome), style=_STYLES["held"], soft_wrap=True)
            self._show(played.outcome)
        elif not self._single:
            word, style = _WORDS[result.ending], _STYLES[result.ending]
            line = Text.assemble(
                (f"{word:<{_WIDTH}}", style), f"  {result.seconds:7.2f} s  {result.title}  ({result.file})"
            )
            self._console.print(line, soft_wrap=True)
        if played.fault is not None:
            self._complain(str(played.fault))
        if self._bar is not None:
            progress, task = self._bar
            progress.advance(task)

    def all_ended(self, results: Results) -> None:
        """Everything has been played, or Ctrl-C came."""
        if results.interrupted:
            self._complain("interrupted")
        if self._single:
            return
        counts = {"held": results.held, "failed": results.failed, "invalid": results.invalid}
        told = ", ".join(f"{count} {_WORDS[ending]}" for ending, count in counts.items() if count or ending == "held")
        self._console.print(
            f"{len(results.scenarios)} scenarios: {told}  ({results.seconds:.2f} s)",
            style=_STYLES[results.ending],
            soft_wrap=True,
        )

    def _complain(self, text: str) -> None:
        """Writes to standard error; where that is the terminal that has a bar, above the bar."""
        if self._bar is not None and sys.stderr.isatty():
            self._console.print(text, soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def _show(self, outcome: Outcome) -> None:
        from simulator.scenario.report import table_of

        for show in outcome.shows:
            self._console.print()
            self._console.print(table_of(show, outcome.saved, self._console))


def _held(outcome: Outcome) -> str:
    return (
        f"held: {len(outcome.scenario.steps)} steps, {outcome.calls} calls, "
        f"{outcome.ended - outcome.began} of virtual time"
    )


def _progress(console: Console) -> Progress:
    from freezegun.api import real_monotonic
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        MofNCompleteColumn(),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        redirect_stderr=False,
        get_time=real_monotonic,
    )
