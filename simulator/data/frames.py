"""DataFrames as datasets: the schema that fits a frame's columns, and its rows as a CSV file of that schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulator.clock import SimulatorError
from simulator.data.csv_rows import EXACT
from simulator.data.schema_rules import FIELDS, RECORD_NAMES, FieldRule, Fields

_NAMESPACE = "com.amazonaws.personalize.schema"

# Which kinds of values fit which Avro type.
_FITTING: Mapping[str, tuple[str, ...]] = {
    "string": ("string", "long"),
    "long": ("long",),
    "float": ("double", "long"),
}


@dataclass(frozen=True)
class FrameDataset:
    """A frame as Personalize takes it: its Avro schema as text, and its rows as CSV."""

    schema: str
    csv: bytes


def dataset_of_frame(
    frame: pd.DataFrame,
    dataset_type: str,
    domain: str | None = None,
    *,
    textual: str | None = None,
    item_name: str | None = None,
) -> FrameDataset:
    """The schema and the rows of a frame whose columns have Personalize's names.

    The required and reserved fields of the dataset type get the type that they must have; datetimes become Unix
    seconds (a fraction is cut off; without a zone they are UTC), whole numbers in text columns texts. Of other columns,
    whole numbers and datetimes are `long`, other numbers `double`; texts, categories and booleans (as `True` and
    `False`, which the guide advises) are categorical strings, lists their values joined by `|`. All that may be null
    is a union with null. `textual` and `item_name` name the columns of Items that are marked so.

    Raises SimulatorError for a frame that cannot be such a dataset, naming the column.
    """
    what = dataset_type.lower()
    if not isinstance(frame, pd.DataFrame):
        raise SimulatorError(f"{what} must be a pandas DataFrame, not {type(frame).__name__}")
    record = RECORD_NAMES[dataset_type.upper()]
    rules = FIELDS[domain, record]
    check_columns(frame, what, [name for name, rule in rules.items() if rule.required], domain)
    for name in (textual, item_name):
        if name is not None and name not in frame:
            raise SimulatorError(f"{what} has no column {name}; it has {_names(frame)}")
    fields, columns = [], {}
    for name in frame.columns:
        cells = cells_of(frame[name], f"{name} of {what}", rules.get(name))
        fields.append(_field(name, cells, rules, textual, item_name))
        columns[name] = cells.values
    schema = {"type": "record", "name": record, "namespace": _NAMESPACE, "fields": fields, "version": "1.0"}
    return FrameDataset(json.dumps(schema), _csv(pd.DataFrame(columns)))


def check_columns(frame: pd.DataFrame, what: str, required: Sequence[str], domain: str | None = None) -> None:
    """Raises SimulatorError unless the names of a frame's columns are texts, differ, and include the required ones."""
    unnamed = [name for name in frame.columns if not isinstance(name, str)]
    if unnamed:
        raise SimulatorError(f"the columns of {what} must have names that are texts, not {unnamed[0]!r}")
    if not frame.columns.is_unique:
        raise SimulatorError(f"{what} has two columns {frame.columns[frame.columns.duplicated()][0]}")
    missing = [name for name in required if name not in frame]
    if not missing:
        return
    alike = {_letters(name): name for name in frame.columns}
    renamed = {alike[_letters(name)]: name for name in missing if _letters(name) in alike}
    of_domain = "" if domain is None else f", which {domain} wants"
    columns = f"column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    hint = f": frame.rename(columns={renamed})" if renamed else ""
    raise SimulatorError(f"{what} has no {columns}{of_domain}; it has {_names(frame)}{hint}")


@dataclass(frozen=True)
class Cells:
    """A column in the making: its Avro type, and its values as texts or numbers, absent ones as NA."""

    type: str
    values: pd.Series[Any]


def cells_of(series: pd.Series[Any], where: str, rule: FieldRule | None) -> Cells:
    """The values of a column, of the type that a rule wants, or of the one that fits them; `where` names it in errors.

    Raises SimulatorError for values of no such type, and for absent ones where the rule allows none.
    """
    found = _typed(series, where)
    if rule is None:
        return found
    absent = found.values.isna() | (found.values == "")
    if absent.any() and not rule.nullable:
        row = absent[absent].index[0]
        raise SimulatorError(f"{where} has no value in row {row!r}, and must have one in every row")
    if found.values.isna().all():
        return Cells(rule.type, found.values)
    if rule.type == "long" and found.type == "double":
        present = found.values.dropna()
        if (present % 1 == 0).all() and (present.abs() <= EXACT).all():
            found = Cells("long", _whole(found.values, where))
    if found.type not in _FITTING[rule.type]:
        wanted = {
            "string": "texts or whole numbers",
            "long": "whole numbers (Unix seconds, if it is a time) or datetimes",
            "float": "numbers",
        }[rule.type]
        raise SimulatorError(f"{where} must hold {wanted}, not {found.values.dropna().tolist()[0]!r}")
    values = _as_texts(found.values) if rule.type == "string" else found.values
    return Cells(rule.type, values)


def _typed(series: pd.Series[Any], where: str) -> Cells:
    """The values of a column as texts, whole numbers or other numbers, whatever pandas holds them as."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return Cells("string", _as_texts(series.astype(object)))
    if series.dtype == object:
        series = series.map(_joined)
    kind = pd.api.types.infer_dtype(series, skipna=True)
    read = _READERS.get(kind)
    if read is None:
        raise SimulatorError(f"{where} holds values that no schema can describe ({kind})")
    return read(series, where)


def _texts(series: pd.Series[Any], where: str) -> Cells:
    return Cells("string", _as_texts(series))


def _integers(series: pd.Series[Any], where: str) -> Cells:
    return Cells("long", _whole(series, where))


def _floats(series: pd.Series[Any], where: str) -> Cells:
    values = series.astype("float64")
    infinite = values.abs() == float("inf")
    if infinite.any():
        raise SimulatorError(f"{where} is not finite in row {infinite[infinite].index[0]!r}")
    return Cells("double", values)


def _datetimes(series: pd.Series[Any], where: str) -> Cells:
    since = pd.to_datetime(series, utc=True) - pd.Timestamp(0, tz="UTC")
    return Cells("long", (since // pd.Timedelta(seconds=1)).astype("Int64"))


_READERS: Mapping[str, Callable[[pd.Series[Any], str], Cells]] = {
    "string": _texts,
    "boolean": _texts,
    "empty": _texts,
    "integer": _integers,
    "floating": _floats,
    "mixed-integer-float": _floats,
    "decimal": _floats,
    "datetime64": _datetimes,
    "datetime": _datetimes,
    "date": _datetimes,
}


def _joined(value: Any) -> Any:
    """A list of values as the one text that Personalize takes."""
    return "|".join(map(str, value)) if isinstance(value, (list, tuple, np.ndarray)) else value


def _as_texts(series: pd.Series[Any]) -> pd.Series[Any]:
    absent = series.isna()
    return series.astype(object).map(str).where(~absent, None)


def _whole(series: pd.Series[Any], where: str) -> pd.Series[Any]:
    try:
        return series.astype("Int64")
    except (OverflowError, TypeError, ValueError):
        raise SimulatorError(f"{where} holds whole numbers beyond those of 64 bits") from None


def _field(name: str, cells: Cells, rules: Fields, textual: str | None, item_name: str | None) -> dict[str, Any]:
    rule = rules.get(name)
    nullable = rule is None or rule.nullable
    field: dict[str, Any] = {"name": name, "type": ["null", cells.type] if nullable else cells.type}
    if name == item_name:
        field["itemName"] = True
    elif name == textual or (rule is not None and rule.textual):
        field["textual"] = True
    elif rule.categorical if rule is not None else cells.type == "string":
        field["categorical"] = True
    return field


def _csv(frame: pd.DataFrame) -> bytes:
    text: str = frame.to_csv(index=False, doublequote=False, escapechar="\\", lineterminator="\n")
    return text.encode()


def _letters(name: str) -> str:
    return name.replace("_", "").upper()


def _names(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns)) or "none"
