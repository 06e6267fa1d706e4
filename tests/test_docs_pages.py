"""Every page of the documentation does what it says: its blocks are run, see `docs_pages`."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docs_pages import Block, Page, PageFault, blocks_of
from support import account, deploy, schema_text, some_interactions

from simulator import simulate

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Set where the commands that install are run as well: in an environment of the page's own.
INSTALLING = bool(os.environ.get("PERSONALIZE_DOCS_INSTALL"))

Names = AbstractContextManager[dict[str, Any]]


@contextmanager
def _films() -> Iterator[dict[str, Any]]:
    """A campaign of User-Personalization, at noon."""
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        schema = schema_text({"name": "EVENT_TYPE", "type": "string"})
        frame = some_interactions().assign(EVENT_TYPE="watch")
        made = deploy(here, lambda: sim.clock.tick(minutes=30), frame, schema=schema)
        sim.clock.move_to("2022-03-08T12:00:00Z")
        yield {
            "sim": sim,
            "personalize": here.personalize,
            "tracking_id": made.tracking_id,
            "campaign": made.campaign,
            "dataset_group": made.group,
            "role": here.role,
        }


@contextmanager
def _journal() -> Iterator[dict[str, Any]]:
    """A campaign of User-Personalization, where nothing takes time."""
    with simulate(start="2026-01-05T09:00:00Z", durations="instant") as sim:
        on = account()
        made = deploy(on, on.personalize.list_schemas, some_interactions())
        yield {"sim": sim, "made": made, "events": on.events}


@contextmanager
def _saved_worlds() -> Iterator[dict[str, Any]]:
    yield {"simulate": simulate, "deploy_everything": lambda: None}


@contextmanager
def _readme() -> Iterator[dict[str, Any]]:
    """A fixture `interactions`, which the reader has."""
    frame = some_interactions().assign(EVENT_TYPE="click")
    frame = frame.assign(USER_ID=frame["USER_ID"].str[1:], ITEM_ID=frame["ITEM_ID"].str[1:])
    frame.to_csv("interactions.csv", index=False)
    Path("conftest.py").write_text(
        "import pandas, pytest\n\n\n@pytest.fixture\ndef interactions():\n"
        '    return pandas.read_csv("interactions.csv", dtype={"USER_ID": str, "ITEM_ID": str})\n'
    )
    yield {}


@contextmanager
def _interactions() -> Iterator[dict[str, Any]]:
    yield {"interactions": some_interactions()}


# What the code of some pages finds around it.
WORLDS: dict[str, Callable[[], Names]] = {
    "README.md": _readme,
    "fidelity.md": _interactions,
    "why-did-my-event-do-nothing.md": _films,
    "journal.md": _journal,
    "saved-worlds.md": _saved_worlds,
}
# Programs without which a page cannot be run.
NEEDS = {"server.md": ("aws", "curl")}
# What `.ci/run` runs itself, word for word.
RUN_BY_CI = "python3 -m venv .venv && "
# Left out where nothing is installed, by page: all else is run.
LEFT_OUT: dict[str, list[str]] = {
    "start.md": [
        "python3 -m venv .venv",
        ". .venv/bin/activate",
        "pip install personalize-simulator pytest",
    ],
    "server.md": ['pip install "personalize-simulator[server]" pytest'],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of(page: Path, folder: Path) -> None:
    for needed in NEEDS.get(page.name, ()):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    if INSTALLING and page.name not in LEFT_OUT:
        pytest.skip("nothing is installed")
    blocks = _at_a_free_port([each for each in blocks_of(page) if not each.text.startswith(RUN_BY_CI)])
    run = Page(folder, installing=INSTALLING)
    run.run(blocks, WORLDS.get(page.name, lambda: nullcontext({}))())
    assert run.left_out == ([] if INSTALLING else LEFT_OUT.get(page.name, []))


def _at_a_free_port(blocks: list[Block]) -> list[Block]:
    """With a port that is free in the place of 5000."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return [replace(each, text=re.sub(r"\b5000\b", port, each.text)) for each in blocks]


def test_readme_has_the_two_commands_of_ci() -> None:
    commands = [each for each in blocks_of(ROOT / "README.md") if each.text.startswith(RUN_BY_CI)]
    assert [(each.language, each.text.count("\n")) for each in commands] == [("console", 1)] * 2


PYTHON = "```python\nprint('it is so')\n```\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\nls\n```\n", "a block has a language"),
        ("```python file=a\n1\n```\n", "a block has a language"),
        ("Indented:\n\n    import os\n", "code is indented"),
        ("```ruby\nputs 1\n```\n", "nobody knows how to run this block of ruby"),
        ("```json\n{}\n```\n", "nobody knows how to run this block of json"),
        ("```text\nalone\n```\n", "nobody knows how to run this block of text"),
        (f"{PYTHON}\n```text\nit is not\n```\n", "it printed\nit is so\n"),
        ("```yaml\nthing: 1\n```\n", "nobody knows how to run this block of yaml"),
        ("```yaml\nname: a\nsteps: [{tack: {hours: 1}}]\n```\n", "exit code 2"),
        ("<!-- exit 1 -->\n```yaml\nname: a\nsteps: [{tick: {hours: 1}}]\n```\n", "exit code 0"),
        ("<!-- exit 2 -->\n```yaml\nname: a\nsteps: []\n```\n\n```text\nno\n```\n", "it printed\na.md-2.yaml:"),
        ("```console\nls\n```\n", "a block of commands begins with one"),
        ("```console\n$ false\n```\n", "false: exit code 1"),
        ("<!-- exit 1 -->\n```console\n$ true\n```\n", "true: exit code 0"),
        ("```console\n$ echo a\nb\n```\n", "it printed\na\n"),
        ("```console\n$ cat &\n```\n", "has to print something"),
        ("```console\n$ echo a; exit &\nb\nc\n```\n", "has ended, or is not ready"),
    ],
)
def test_a_page_that_is_wrong(text: str, told: str, folder: Path) -> None:
    page = folder / "a.md"
    page.write_text(text)
    with pytest.raises(PageFault) as fault:
        Page(folder).run(blocks_of(page), nullcontext({}))
    assert told in str(fault.value)
    assert str(fault.value).startswith("a.md:")


def test_a_page_that_is_right(folder: Path) -> None:
    page = folder / "a.md"
    page.write_text(
        f"{PYTHON}\n```text\nit ... so\n```\n"
        '```text title="folder/a.txt"\nthe file\n```\n'
        "```console\n$ pip install nothing\n$ export SAID=$(cat folder/a.txt)\n$ mkdir b; cd b\n"
        "$ echo $SAID | \\\n  tr f p\nthe pile\n```\n"
        "```console\n$ echo $SAID &\nthe file\n```\n"
        "<!-- exit 3 -->\n```console\n$ test $(basename $PWD) = b\n$ exit 3\n```\n"
    )
    run = Page(folder)
    run.run(blocks_of(page), nullcontext({}))
    assert run.left_out == ["pip install nothing"]


TESTS = '```python title="test_a.py"\ndef test_it():\n    pass\n```\n'


@pytest.mark.parametrize("command", ["pytest -q", "pytest -q test_a.py"])
def test_what_a_command_has_run_is_not_run_again(command: str, folder: Path) -> None:
    page = folder / "a.md"
    page.write_text(f"{TESTS}\n```console\n$ {command}\n$ echo 1 / 0 > test_a.py\n```\n")
    Page(folder).run(blocks_of(page), nullcontext({}))


@pytest.mark.parametrize("command", ["true", "pytest -q -k it", "pytest -q --collect-only", "echo pytest"])
def test_what_no_command_has_run_is_run(command: str, folder: Path) -> None:
    page = folder / "a.md"
    page.write_text(f"{TESTS}\n```console\n$ {command}\n$ echo 1 / 0 > test_a.py\n```\n")
    with pytest.raises(PageFault, match="ZeroDivisionError"):
        Page(folder).run(blocks_of(page), nullcontext({}))
