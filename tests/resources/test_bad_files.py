"""Files that are not what they should be: each has an outcome, and none is a traceback.

The dataset is one of items, so that every type of column is there and no least number of rows hides a fault.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import count

import pytest
from support import account, add_dataset, refused, start_import

from simulator import Simulation, simulate
from simulator.data.records import RecordStore
from simulator.resources.dump import dump

HEADER = "ITEM_ID,GENRES,PRICE,RELEASED,STOCK,RATING,ADULT,DESCRIPTION\n"
GOOD = "i1,drama|comedy,9.5,1600000000,12,4.25,true,A film\n"
ALL = "ITEM_ID, GENRES, PRICE, RELEASED, STOCK, RATING, ADULT, DESCRIPTION"
NONCONFORMING = (
    "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are "
    "present and that they are of the type specified in the schema."
)
NUMBERS = count()


class Shop:
    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.here = account()
        settle = self.here.personalize.list_schemas
        group = self.here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        self.items = add_dataset(
            self.here,
            group,
            "Items",
            settle,
            {"name": "STOCK", "type": "int"},
            {"name": "RATING", "type": "double"},
            {"name": "ADULT", "type": ["boolean", "null"]},
            {"name": "DESCRIPTION", "type": ["string", "null"], "textual": True},
        )

    def start(self, content: bytes) -> str:
        number = next(NUMBERS)
        location = self.here.upload(content, f"{number}.csv")
        return start_import(self.here, self.items, location, f"job-{number}")

    def finish(self, job: str) -> tuple[str, str | None]:
        shown = self.here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        return shown["status"], shown.get("failureReason")

    def rows(self) -> dict[str, tuple[object, ...]]:
        [inventory] = [each for each in self.sim._host.world.inventories.values() if each.datasets]
        store = inventory.datasets[self.items].store
        assert isinstance(store, RecordStore)
        names = HEADER.strip().split(",")[1:]
        return {each: tuple(store.current().value(each, name) for name in names) for each in store.ids()}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant") as sim:
        yield Shop(sim)


def in_column(column: str, cell: str) -> bytes:
    """A good row, and one with this cell in a column."""
    names = HEADER.strip().split(",")
    cells = ["i2", "drama", "1.5", "1500000000", "1", "2.5", "false", "Text"]
    cells[names.index(column)] = cell
    return f"{HEADER}{GOOD}{','.join(cells)}\n".encode()


REFUSED = {
    "byte-order mark": (("\ufeff" + HEADER + GOOD).encode(), "missing: ITEM_ID"),
    "UTF-16": ((HEADER + GOOD).encode("utf-16"), f"missing: {ALL}"),
    "gzip": (gzip.compress((HEADER + GOOD).encode(), mtime=0), f"missing: {ALL}"),
    "empty file": (b"", f"missing: {ALL}"),
    "only line ends": (b"\n\r\n\n", f"missing: {ALL}"),
    "one cell": (b"i1", f"missing: {ALL}"),
    "no header": (GOOD.encode(), f"missing: {ALL}"),
    "quoted headers": (
        (",".join(f'"{name}"' for name in HEADER.strip().split(",")) + "\n" + GOOD).encode(),
        f"missing: {ALL}",
    ),
    "spaces around a header": ((HEADER.replace("PRICE", " PRICE ") + GOOD).encode(), "missing: PRICE"),
    "header in lower case": ((HEADER.lower() + GOOD).encode(), f"missing: {ALL}"),
    "semicolons": ((HEADER + GOOD).replace(",", ";").encode(), f"missing: {ALL}"),
    "tabs": ((HEADER + GOOD).replace(",", "\t").encode(), f"missing: {ALL}"),
    "a missing column": (b"ITEM_ID,GENRES\ni1,drama\n", f"missing: {ALL.removeprefix('ITEM_ID, GENRES, ')}"),
    "a column twice": ((HEADER.strip() + ",PRICE\n" + GOOD.strip() + ",1\n").encode(), "repeated: PRICE"),
    "Latin-1": ((HEADER + GOOD.replace("A film", "Café")).encode("latin-1"), "rows"),
    "NUL in a text": (in_column("GENRES", "dra\0ma"), "rows"),
    "a row too long": ((HEADER + GOOD + GOOD.strip() + ",more\n").encode(), "rows"),
    "all rows too long": ((HEADER + (GOOD.strip() + ",more\n") * 2).encode(), "rows"),
    "trailing delimiters": ((HEADER + (GOOD.strip() + ",\n") * 2).encode(), "rows"),
    "a row too short for what is required": ((HEADER + GOOD + "i2,drama\n").encode(), "rows"),
    "an empty id": (in_column("ITEM_ID", ""), "rows"),
    "an empty number that is required": (in_column("STOCK", ""), "rows"),
    "a text in a number": (in_column("RATING", "high"), "rows"),
    "NA in a number": (in_column("PRICE", "NA"), "rows"),
    "null in a number": (in_column("RELEASED", "null"), "rows"),
    "nan": (in_column("PRICE", "nan"), "rows"),
    "NaN that is required": (in_column("RATING", "NaN"), "rows"),
    "inf": (in_column("RATING", "inf"), "rows"),
    "-Infinity": (in_column("PRICE", "-Infinity"), "rows"),
    "a float in an int": (in_column("STOCK", "1.0"), "rows"),
    "a float in a long": (in_column("RELEASED", "1600000000.0"), "rows"),
    "an exponent in a long": (in_column("RELEASED", "1e9"), "rows"),
    "hexadecimal": (in_column("STOCK", "0x10"), "rows"),
    "underscores": (in_column("RELEASED", "1_600_000_000"), "rows"),
    "other digits": (in_column("PRICE", "\u0663"), "rows"),
    "thousands": (in_column("STOCK", '"1,000"'), "rows"),
    "beyond an int": (in_column("STOCK", "2147483648"), "rows"),
    "beyond a long": (in_column("RELEASED", "9223372036854775808"), "rows"),
    "beyond a float": (in_column("PRICE", "3.5e38"), "rows"),
    "beyond a double": (in_column("RATING", "1e400"), "rows"),
    "true in a number": (in_column("STOCK", "true"), "rows"),
    "a backslash at the end of a line": (in_column("DESCRIPTION", "end\\") + GOOD.encode(), "rows"),
    "True in a boolean": (in_column("ADULT", "True"), "rows"),
    "1 in a boolean": (in_column("ADULT", "1"), "rows"),
}
MESSAGES = {
    "missing": "Input csv is missing the following columns: [{}]",
    "repeated": "Input csv has the following columns more than once: [{}]",
    "rows": NONCONFORMING,
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_create_call_refuses(shop: Shop, case: str) -> None:
    """[err-010] [err-035] A header or rows that do not fit are refused at once, and nothing is created."""
    content, outcome = REFUSED[case]
    before = dump(shop.sim._host.world)
    kind, _, columns = outcome.partition(": ")
    with refused("InvalidInputException", MESSAGES[kind].format(columns)):
        shop.start(content)
    assert dump(shop.sim._host.world) == before


FAILING = {
    "a gigantic cell": (in_column("GENRES", "x" * 3_000_000), 1000, "GENRES"),
    "a carriage return in a text": (in_column("DESCRIPTION", '"one\rtwo"'), 20_000, "DESCRIPTION"),
    "a quote that nothing closes, after others": (
        in_column("DESCRIPTION", '"open').replace(b"drama|comedy", b'"a \\" b"'),
        20_000,
        "DESCRIPTION",
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_the_job_fails(shop: Shop, case: str) -> None:
    """[fail-001] An over-long value or broken quoting fails the job; the dataset is as it was."""
    content, limit, column = FAILING[case]
    rows = shop.rows()
    assert shop.finish(shop.start(content)) == (
        "CREATE FAILED",
        f"Length cannot be more than {limit} characters for {column}. If no values exceed the character limit, make "
        "sure your data follows the formatting guidelines listed in "
        "https://docs.aws.amazon.com/personalize/latest/dg/data-prep-formatting.html.",
    )
    assert shop.rows() == rows


ROW = ("drama|comedy", 9.5, 1_600_000_000, 12, 4.25, "true", "A film")
SECOND = {
    "GENRES": "drama",
    "PRICE": 1.5,
    "RELEASED": 1_500_000_000,
    "STOCK": 1,
    "RATING": 2.5,
    "ADULT": "false",
    "DESCRIPTION": "Text",
}


def with_second(**cells: object) -> dict[str, tuple[object, ...]]:
    return {"i1": ROW, "i2": tuple({**SECOND, **cells}.values())}


ACCEPTED = {
    "a good file": ((HEADER + GOOD).encode(), {"i1": ROW}),
    "no line end at the end": ((HEADER + GOOD.strip()).encode(), {"i1": ROW}),
    "header only": (HEADER.encode(), {}),
    "CRLF": ((HEADER + GOOD).replace("\n", "\r\n").encode(), {"i1": ROW}),
    "CR only": ((HEADER + GOOD).replace("\n", "\r").encode(), {"i1": ROW}),
    "blank lines": ((HEADER + "\n\n" + GOOD + "  \n\n").encode(), {"i1": ROW}),
    "a row without its last optional cells": (
        (HEADER + GOOD + "i2,drama,1.5,1500000000,1,2.5\n").encode(),
        with_second(ADULT=None, DESCRIPTION=None),
    ),
    "equal rows": ((HEADER + GOOD * 3).encode(), {"i1": ROW}),
    "two rows of an id": (
        (HEADER + GOOD.replace("12", "7") + GOOD).encode(),
        {"i1": ROW},
    ),
    "empty optional cells": (
        (HEADER + 'i2,,,,1,2.5,"",\n').encode(),
        {"i2": (None, None, None, 1, 2.5, None, None)},
    ),
    "NA and null as texts": (in_column("GENRES", "NA"), with_second(GENRES="NA")),
    "None as a text": (in_column("DESCRIPTION", "None"), with_second(DESCRIPTION="None")),
    "quotes within a cell": (in_column("GENRES", 'dra"ma'), with_second(GENRES='dra"ma')),
    "a quoted cell": (in_column("GENRES", '"drama, comedy"'), with_second(GENRES="drama, comedy")),
    "escaped quotes": (in_column("GENRES", '"the \\"best\\" \\\\ all"'), with_second(GENRES='the "best" \\ all')),
    "doubled quotes": (in_column("GENRES", '"the ""best"" all"'), with_second(GENRES='the "best" all')),
    "quoted numbers": (in_column("STOCK", '"7"'), with_second(STOCK=7)),
    "spaces around a number": (in_column("STOCK", " 7 "), with_second(STOCK=7)),
    "a whole number in a double": (in_column("RATING", "3"), with_second(RATING=3.0)),
    "the largest int": (in_column("STOCK", "2147483647"), with_second(STOCK=2**31 - 1)),
    "the smallest long": (in_column("RELEASED", str(-(2**63))), with_second(RELEASED=-(2**63))),
    "milliseconds": (in_column("RELEASED", "1600000000000"), with_second(RELEASED=1_600_000_000_000)),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_read(shop: Shop, case: str) -> None:
    content, rows = ACCEPTED[case]
    assert shop.finish(shop.start(content)) == ("ACTIVE", None)
    assert shop.rows() == rows


def test_what_cannot_be_told_apart_is_said_loudly(shop: Shop) -> None:
    """Whole numbers beyond 2^53 beside absent ones would be rounded."""
    content = in_column("RELEASED", str(2**60)).replace(b"1600000000", b"")
    before = dump(shop.sim._host.world)
    with pytest.raises(shop.here.personalize.exceptions.ClientError, match="does not simulate absent values"):
        shop.start(content)
    assert dump(shop.sim._host.world) == before
