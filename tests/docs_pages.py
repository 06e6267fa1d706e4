"""Pages of documentation, run: every block of code on a page is executed, and what it is said to print is compared.

A page has a folder of its own, empty at first. Block by block, in order:

- one with a title (```python title="tests/test_films.py") is written to that file;
- `python` runs in the page's namespace, and `text` after it is what it printed; if it defines tests it is a file;
- `yaml` that begins with `name:` is a scenario, with `- ` steps of one, after those of the package that they need;
- `console`: lines that begin with `$ ` are commands of bash, the others what they print. A command that ends with
  `&` is a server, which has printed what is written there once it is ready, and is stopped at the end of the page.

`<!-- exit 1 -->` before commands is the exit code of the last, before a scenario that of `personalize-simulator run`;
`text` after a scenario that does not hold is its report. `...` stands for what may vary, as in doctest. Files with
tests or scenarios that no command after them has run are run at the end. Anything else is a PageFault: nothing escapes.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import select
import signal
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from markdown_it import MarkdownIt

from simulator import scenario

INSTALLS = re.compile(r"python3 -m venv |pip install |\. .venv/bin/activate$")
_STAGES = ("account", "dataset-group", "interactions", "event-tracker", "solution", "train", "deploy")
_STEPS = Path(scenario.__file__).parent / "steps"
_CHOOSES_TESTS = re.compile(r" (-k|-m|--rule|--collect-only)\b")
_TESTS = re.compile(r"^(async )?def test_|^class Test", re.MULTILINE)
_SECONDS_UNTIL_READY = 60


class PageFault(Exception):
    """A block that does not do what the page says."""


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its title, the exit code that it leads to, and where it stands."""

    language: str
    title: str | None
    text: str
    exit: int | None
    where: str

    def fault(self, message: str) -> PageFault:
        """What is wrong with it."""
        return PageFault(f"{self.where}: {message}")

    def compare(self, wanted: str, printed: str) -> None:
        """Raises PageFault unless this was printed, trailing blanks apart."""
        wanted, printed = (
            "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines()) for text in (wanted, printed)
        )
        if not doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS):
            raise self.fault(f"it printed\n{printed}\nand not\n{wanted}")


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page. Raises PageFault for one without a language, and for indented ones."""
    found = []
    code: int | None = None
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.map is None:
            continue
        where = f"{page.name}:{token.map[0] + 1}"
        if token.type == "code_block":
            raise PageFault(f"{where}: code is indented, and has no language: it would not be run")
        if token.type == "fence":
            language, _, rest = token.info.strip().partition(" ")
            title = re.fullmatch(r'title="([^"]+)"', rest.strip())
            if not language or (rest.strip() and title is None):
                raise PageFault(f"{where}: a block has a language, and perhaps a title; this has {token.info!r}")
            found.append(Block(language, title and title[1], token.content, code, where))
        comment = re.fullmatch(r"<!-- exit (\d+) -->", token.content.strip()) if token.type == "html_block" else None
        code = int(comment[1]) if comment else None
    return found


@dataclass
class Page:
    """A page that is being run in a folder, which is the current one.

    Commands that install are left out unless `installing`; `left_out` are those.
    """

    folder: Path
    installing: bool = False
    left_out: list[str] = field(default_factory=list)
    _names: dict[str, Any] = field(default_factory=dict)
    _printed: Callable[[Block], None] | None = None
    _unrun: set[str] = field(default_factory=set)
    _environment: dict[str, str] = field(default_factory=dict)
    _servers: ExitStack = field(default_factory=ExitStack)

    def run(self, blocks: list[Block], world: contextlib.AbstractContextManager[dict[str, Any]]) -> None:
        """Runs all blocks inside a world, whose names their Python has, and after it the tests that nothing has run."""
        self._environment = _environment(self.folder)
        if self.installing:
            self._enter_empty_environment()
        with self._servers, world as names, _module(names) as self._names:
            for block in blocks:
                self._run(block)
        if self._unrun:
            self._environment["PWD"] = str(self.folder)
            self._command(blocks[-1], "python -m pytest -q --strict-markers -W error", "", 0)

    def _enter_empty_environment(self) -> None:
        """Puts an environment in which nothing is installed in the place of this one."""
        made = self.folder / "empty"
        venv.create(made, with_pip=True)
        programs = str(made / "bin")
        path = [programs, *self._environment["PATH"].split(os.pathsep)[1:]]
        self._environment |= {"PATH": os.pathsep.join(path), "VIRTUAL_ENV": str(made)}

    def _run(self, block: Block) -> None:
        printed, self._printed = self._printed, None
        if block.title is not None:
            self._write(block.title, block.text)
        elif block.language == "text" and printed is not None:
            printed(block)
        elif block.language == "python" and _TESTS.search(block.text):
            self._write(f"test_{block.where.replace(':', '_').replace('.', '_').replace('-', '_')}.py", block.text)
        elif block.language == "python":
            self._python(block)
        elif block.language == "yaml" and block.text.startswith("name:"):
            self._scenario(block, block.text)
        elif block.language == "yaml" and block.text.startswith("- "):
            self._scenario(block, f"name: steps\nsteps:\n{_stages(block.text)}{block.text}")
        elif block.language == "console":
            self._console(block)
        else:
            raise block.fault(f"nobody knows how to run this block of {block.language}")

    @property
    def _here(self) -> Path:
        """The folder that commands have gone to."""
        return Path(self._environment["PWD"])

    def _write(self, title: str, text: str) -> None:
        file = self._here / title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if re.fullmatch(r"test_.*\.py|.*\.personalize\.yaml", file.name):
            self._unrun.add(title)

    def _python(self, block: Block) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, block.where, "exec"), self._names)
        self._printed = lambda text: text.compare(text.text, out.getvalue())

    def _scenario(self, block: Block, text: str) -> None:
        file = Path(os.path.relpath(self._here)) / f"{block.where.replace(':', '-')}.yaml"
        file.write_text(text, encoding="utf-8")
        code, report = 0, ""
        try:
            for each in scenario.load_all(file):
                scenario.run(each)
        except scenario.ScenarioFailed as fault:
            code, report = 1, str(fault)
        except scenario.ScenarioInvalid as fault:
            code, report = 2, str(fault)
        file.unlink()
        if code != (block.exit or 0):
            raise block.fault(f"exit code {code}\n{report}")
        if code:
            self._printed = lambda after: after.compare(after.text, report)

    def _console(self, block: Block) -> None:
        commands = _commands(block)
        for number, (command, wanted) in enumerate(commands, 1):
            if not self.installing and INSTALLS.match(command):
                self.left_out.append(command)
            elif command.endswith("&"):
                self._serve(block, command.removesuffix("&"), wanted)
            else:
                code = block.exit or 0 if number == len(commands) else 0
                self._command(block, command, wanted, code)

    def _command(self, block: Block, command: str, wanted: str, code: int) -> None:
        state = self.folder / ".environment"
        done = subprocess.run(
            ["bash", "-c", f"trap 'env -0 > {state}' EXIT\n{command}"],
            cwd=self._here,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        variables = state.read_text(encoding="utf-8").split("\0")
        self._environment = dict(each.split("=", 1) for each in variables if each)
        if done.returncode != code:
            raise block.fault(f"{command}: exit code {done.returncode}\n{done.stdout}")
        if wanted:
            block.compare(wanted, done.stdout)
        self._unrun -= self._run_by(command)

    def _run_by(self, command: str) -> set[str]:
        """The files with tests or scenarios that a command has run."""
        runs = re.match(r"(pytest|personalize-simulator run)\b", command)
        if runs is None or _CHOOSES_TESTS.search(command):
            return set()
        named = {title for title in self._unrun if title in command}
        return named or (self._unrun if runs[1] == "pytest" else set())

    def _serve(self, block: Block, command: str, wanted: str) -> None:
        if not wanted:
            raise block.fault(f"{command} has to print something once it is ready")
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self._here,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._servers.callback(_stop, server)
        assert server.stdout is not None
        printed = b""
        while printed.count(b"\n") < wanted.count("\n"):
            ready, _, _ = select.select([server.stdout], [], [], _SECONDS_UNTIL_READY)
            more = os.read(server.stdout.fileno(), 4096) if ready else b""
            if not more:
                raise block.fault(f"{command} has ended, or is not ready in time\n{printed.decode()}")
            printed += more
        block.compare(wanted, printed.decode())


def _commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a block, each with what is to be printed; one that ends with a backslash goes on."""
    commands: list[list[str]] = []
    for line in block.text.splitlines():
        if commands and commands[-1][0].endswith("\\"):
            commands[-1][0] = f"{commands[-1][0]}\n{line.removeprefix('> ')}"
        elif line.startswith("$ "):
            commands.append([line.removeprefix("$ "), ""])
        elif commands:
            commands[-1][1] += f"{line}\n"
        else:
            raise block.fault("a block of commands begins with one, after `$ `")
    return [(command, printed) for command, printed in commands]


@contextmanager
def _module(names: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The namespace of a module with these names, one that is imported: what holds the clock finds it."""
    module = ModuleType("page_of_documentation")
    module.__dict__.update(names)
    sys.modules[module.__name__] = module
    try:
        yield module.__dict__
    finally:
        del sys.modules[module.__name__]


def _stages(steps: str) -> str:
    """The steps of the package before these, up to the last that saves a value which these name."""
    stages = list(_STAGES)
    while stages:
        included = yaml.safe_load((_STEPS / f"{stages[-1]}.steps.yaml").read_text(encoding="utf-8"))["steps"]
        if any(f"${{{name}}}" in steps for step in included for name in step.get("save", {})):
            break
        stages.pop()
    return "".join(f"- include: {each}\n" for each in stages)


def _environment(folder: Path) -> dict[str, str]:
    """What commands find: the programs of this environment first, and no settings of AWS."""
    here = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "COV_"))}
    path = [here, *(each for each in kept["PATH"].split(os.pathsep) if each != here)]
    return kept | {"PATH": os.pathsep.join(path), "PWD": str(folder), "COLUMNS": "80", "NO_COLOR": "1"}


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    server.communicate()
