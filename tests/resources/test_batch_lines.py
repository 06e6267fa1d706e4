"""Lines of batch files, of any content: none is lost, none brings a traceback, all stand in their places."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.resources.batch_files import (
    BadLine,
    BatchFile,
    Line,
    TooManyLines,
    answered,
    compact,
    each_or_fault,
    spaced,
    text_of,
    texts_of,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(
    st.sampled_from(["userId", "context", "itemId", "filterValues"]) | st.text(max_size=4), VALUES
)
LINES = (
    OBJECTS.map(lambda each: json.dumps(each).encode())
    | VALUES.map(lambda each: json.dumps(each, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | st.binary(max_size=20).map(lambda each: each.replace(b"\n", b"").replace(b"\r", b""))
    | st.sampled_from([b"[" * 5000, b'{"userId":' * 5000, b'{"userId": "u", "n": 1e999}', b"NaN", b'{"a": -Infinity}'])
)


def answer_line(line: Line) -> dict[str, Any]:
    texts_of(line, "context")
    return {"usersList": [text_of(line, "userId")]}


ANSWERS = partial(each_or_fault, answer_line)


def written(line: Any, output: dict[str, Any] | None, error: str | None) -> str:
    return compact({"input": line, "output": output, "error": error})


def of_segments(line: Any, output: dict[str, Any] | None, error: str | None) -> str:
    return f'{{"input": {spaced(line)}, "output": {spaced(output)}, "error": {spaced(error)}}}'


def strict(text: bytes) -> Any:
    """JSON as its standard has it: without NaN."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.rule("batch-jobs.bad-lines", "batch-jobs.lines-in-order")
@given(st.lists(st.lists(LINES, max_size=5), min_size=1, max_size=3), st.sampled_from([written, of_segments]))
def test_every_line_is_answered_in_its_place(files: list[list[bytes]], write: Any) -> None:
    given_files = [BatchFile(f"{place}.json", b"\n".join(lines)) for place, lines in enumerate(files)]
    found = answered(given_files, 1000, True, ANSWERS, write)
    assert [file.name for file in found] == [f"{file.name}.out" for file in given_files]
    for file, lines in zip(found, files, strict=True):
        asked = [line for line in lines if line.strip()]
        answers = [strict(line) for line in file.content.splitlines()]
        assert len(answers) == len(asked)
        for line, answer in zip(asked, answers, strict=True):
            assert list(answer) == ["input", "output", "error"]
            assert (answer["output"] is None) is (answer["error"] is not None)
            if answer["error"] is None:
                assert answer["input"]["userId"] == answer["output"]["usersList"][0]
                assert answer["input"] == json.loads(line)
    assert answered(given_files, 1000, True, ANSWERS, write) == found


def test_many_lines_stand_in_their_places_among_bad_ones() -> None:
    """So many that they are not all answered together."""
    lines = [b"no JSON", b"[]", b"{}", *(json.dumps({"userId": str(place)}).encode() for place in range(400))]
    for place, line in enumerate(lines[:3] * 20):
        lines.insert(17 * place, line)
    (file,) = answered([BatchFile("a", b"\n".join(lines))], 1000, True, ANSWERS, written)
    answers = [strict(line) for line in file.content.splitlines()]
    assert len(answers) == len(lines)
    for line, answer in zip(lines, answers, strict=True):
        user = json.loads(line)["userId"] if b"userId" in line else None
        assert answer["output"] == (None if user is None else {"usersList": [user]})
        assert (answer["error"] is None) is (user is not None)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b'{"userId": "u", "n": NaN}', "The input is not valid JSON."),
        (b'{"userId": "u", "n": 1e999}', "The input is not valid JSON."),
        (b'{"userId": "u", "n": ' + b"9" * 5000 + b"}", "The input is not valid JSON."),
        (b'{"userId": "u", "context": {"DEVICE": 1}}', "The input's context is not a map of strings."),
        (b'{"userId": "u", "context": null}', "The input's context is not a map of strings."),
        (b'{"userId": ""}', "The input has no userId, or it is not a string."),
    ],
)
def test_what_is_wrong_with_a_line(line: bytes, error: str) -> None:
    (file,) = answered([BatchFile("a", line)], 1, True, ANSWERS, written)
    assert strict(file.content)["error"] == error


def test_lines_end_as_on_any_system_and_blank_ones_are_passed_over() -> None:
    content = b'\xef\xbb\xbf{"userId":"a"}\r\n\r\n{"userId":"b"}\r{"userId":"c"}\n  \n'
    (file,) = answered([BatchFile("a", content)], 3, True, ANSWERS, written)
    assert [json.loads(line)["output"]["usersList"] for line in file.content.splitlines()] == [["a"], ["b"], ["c"]]
    (empty,) = answered([BatchFile("a", b"\n \n")], 3, True, ANSWERS, written)
    assert empty == BatchFile("a.out", b"")


@pytest.mark.parametrize(
    ("per_file", "limit", "fits"), [(True, 2, True), (True, 1, False), (False, 3, True), (False, 2, False)]
)
def test_lines_are_counted_in_each_file_or_in_all(per_file: bool, limit: int, fits: bool) -> None:
    line = b'{"userId":"a"}\n'
    files = [BatchFile("a", line * 2), BatchFile("b", line)]
    if fits:
        assert len(answered(files, limit, per_file, ANSWERS, written)) == 2
        return
    with pytest.raises(
        TooManyLines, match=f"The input has {2 if per_file else 3} records; at most {limit} are allowed."
    ):
        answered(files, limit, per_file, ANSWERS, written)


def test_a_fault_of_a_line_stands_in_its_output() -> None:
    def refuse(line: Line) -> dict[str, Any]:
        raise BadLine(f"No {line['userId']}.")

    (file,) = answered([BatchFile("a", b'{"userId": "\xc3\xbc"}')], 1, True, partial(each_or_fault, refuse), written)
    assert file.content.decode() == '{"input":{"userId":"ü"},"output":null,"error":"No ü."}\n'
