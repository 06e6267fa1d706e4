"""Real answers of the service: each is provoked again by a test that carries its id.

The tests name the ids in brackets, in a docstring or as the id of a parameter, and compare code, wording and fields.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
RECORDED = TESTS.parents[1] / "shared" / "spec" / "recorded.jsonl"

IDS = [
    f"{kind}-{number:03}"
    for kind, numbers in {
        "err": (
            2,
            4,
            5,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            23,
            26,
            27,
            28,
            29,
            30,
            35,
            36,
            37,
            41,
            49,
            50,
            52,
        ),
        "fail": (1, 2, 3, 4, 5, 6),
        "life": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16),
        "met": (1, 2, 3, 27),
        "resp": (
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            18,
            19,
            20,
            21,
            22,
            23,
            24,
            25,
            26,
            27,
            28,
            29,
            30,
            32,
            33,
            34,
            37,
            38,
            39,
            40,
            41,
            42,
            43,
            46,
            48,
            49,
            51,
            52,
            53,
            54,
            55,
            56,
        ),
    }.items()
    for number in numbers
]

NOT_REPRODUCED = {
    "err-012": "what the caller may do is not simulated: any credentials are good",
    "err-017": "an older wording of 2022; that of today is err-016",
    "err-041": "what the caller may do is not simulated: any credentials are good",
    "err-049": "what the caller may do is not simulated: any credentials are good",
    "met-001": "figures of AWS's models; benchmarks/model_quality.py compares ours on the same data",
    "met-003": "figures of AWS's models",
    "resp-025": "the ids of 2020; those of today are resp-013",
    "resp-026": "an answer of 2020 without scores; those of today are resp-015 and resp-024",
    "resp-046": "inferred from lengths: null members, which boto3 drops, are not written",
    "resp-056": "an answer of 2020 without scores; those of today are resp-015 and resp-024",
    "resp-038": "the recipes of 2019: the list of today has others (resp-010, resp-055)",
}


def carried() -> Counter[str]:
    """How often each id stands in a test."""
    found: Counter[str] = Counter()
    for file in TESTS.rglob("test_*.py"):
        if file != Path(__file__):
            found.update(re.findall(r"\b(?:err|fail|life|met|resp)-\d{3}\b", file.read_text()))
    return found


@pytest.mark.parametrize("recorded", IDS)
def test_every_recorded_answer_is_provoked_or_listed(recorded: str) -> None:
    assert (carried()[recorded] > 0) != (recorded in NOT_REPRODUCED)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not beside the checkout")
def test_no_recorded_answer_is_forgotten() -> None:
    lines = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    assert {line["id"] for line in lines} == set(IDS)
