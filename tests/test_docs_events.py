"""The code of docs/why-did-my-event-do-nothing.md, run piece by piece, with what it prints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support import account, deploy, schema_text, some_interactions

from simulator import simulate

PAGE = Path(__file__).parents[1] / "docs" / "why-did-my-event-do-nothing.md"
PIECE = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_code_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    pieces = PIECE.findall(PAGE.read_text())
    assert len(pieces) > 5
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        schema = schema_text({"name": "EVENT_TYPE", "type": "string"})
        frame = some_interactions().assign(EVENT_TYPE="watch")
        made = deploy(here, lambda: sim.clock.tick(minutes=30), frame, schema=schema)
        sim.clock.move_to("2022-03-08T12:00:00Z")
        names: dict[str, Any] = {
            "sim": sim,
            "personalize": here.personalize,
            "tracking_id": made.tracking_id,
            "campaign": made.campaign,
            "dataset_group": made.group,
            "role": here.role,
        }
        for kind, piece in pieces:
            if kind == "python":
                exec(compile(piece, str(PAGE), "exec"), names)
            else:
                assert capsys.readouterr().out == piece
