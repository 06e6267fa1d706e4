"""Answers of boto3 as plain data, so that JMESPath can look into them and reports can print them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def plain(value: Any) -> Any:
    """An answer in which moments are ISO 8601 texts in UTC, and bodies are texts (escaped where not UTF-8)."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, datetime):
        return instant(value)
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "backslashreplace")
    return value


def instant(moment: datetime) -> str:
    """A moment as text: seconds, and milliseconds where there are any."""
    moment = moment.astimezone(UTC)
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
