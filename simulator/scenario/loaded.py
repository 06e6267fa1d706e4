"""A scenario as it is after reading: its file's contents, all its steps, and where each is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.scenario.model import Case, Content, Step
from simulator.scenario.yaml_text import Document, Path, Place, ScenarioInvalid


@dataclass(frozen=True)
class Origin:
    """Where a step is written: in which document, and its path there; `included` is the path of what includes it."""

    document: Document
    path: Path
    included: Path | None = None


@dataclass(frozen=True)
class Scenario:
    """A scenario that makes sense, ready to run: a file's only one, or one of its cases.

    `steps` are all its steps, those of included files in their places; `origins` are where they are written.
    """

    content: Content
    document: Document
    steps: Sequence[Step]
    origins: Sequence[Origin]
    case: Case | None = None

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.content.name if self.case is None else self.case.name

    @property
    def title(self) -> str:
        """What it is called outside of its file."""
        return self.name if self.case is None else f"{self.content.name}: {self.name}"

    @property
    def file(self) -> str:
        """The file it was read from, as it was named."""
        return self.document.file

    @property
    def about(self) -> str | None:
        """What it is about, if it says so."""
        return self.content.about if self.case is None or self.case.about is None else self.case.about

    @property
    def rule(self) -> str | None:
        """The rule that it proves as a whole, if it names one."""
        return self.content.rule if self.case is None or self.case.rule is None else self.case.rule

    @property
    def source(self) -> str | None:
        """What it is based on, if it says so."""
        return self.content.source if self.case is None or self.case.source is None else self.case.source

    @property
    def marks(self) -> list[str]:
        """The marks of pytest that it has: its file's and its own."""
        return [*self.content.marks, *(self.case.marks if self.case is not None else [])]

    @property
    def line(self) -> int:
        """The line of its file that it begins at."""
        if self.case is None:
            return 1
        return self.document.place(("cases", self.content.cases.index(self.case))).line

    def rules(self) -> list[str]:
        """All rules that it or a part of it names, each once, in the order of the file."""
        named = [
            self.rule,
            *(rule for step in self.steps for rule in (step.rule, *(each.rule for each in step.expect))),
        ]
        return list(dict.fromkeys(rule for rule in named if rule is not None))

    def place(self, *path: str | int) -> Place:
        """Where a part of it stands in its file, which for an included step is another."""
        document, path = self._written(path)
        return document.place(path)

    def file_of(self, index: int) -> str:
        """The file that a step is written in."""
        return self.origins[index].document.file

    def invalid(self, path: Path, message: str) -> ScenarioInvalid:
        """The exception for a fault of a part of it; that of an included step begins at the scenario's own line."""
        document, written = self._written(path)
        if document is self.document or not isinstance(path[1], int):
            return document.invalid(written, message)
        included = self.origins[path[1]].included
        assert included is not None, "what is written elsewhere was included"
        place = document.place(written)
        inside = f"{document.file}:{place.line}:{place.column}"
        return self.document.invalid(included, f"{message} (at {inside}, which is included here)")

    def _written(self, path: Path) -> tuple[Document, Path]:
        """The document that a part is written in, and its path there."""
        if len(path) < 2 or path[0] != "steps" or not isinstance(path[1], int):
            return self.document, path
        origin = self.origins[path[1]]
        return origin.document, (*origin.path, *path[2:])

    def __repr__(self) -> str:
        return f"<Scenario {self.title!r} of {self.file}>"


def step_path(index: int, *rest: str | int) -> Path:
    """The path of a step among all of a scenario, or of a part of the step."""
    return ("steps", index, *rest)
