"""The results of runs as JUnit XML, in the form that Jenkins is strict about and other CI systems read as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from simulator.scenario.results import Results, ScenarioResult

# What XML 1.0 cannot hold, not even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(results: Results) -> bytes:
    """The results as JUnit XML: a suite a file, a test case a scenario, its place and rules as its output."""
    root = Element("testsuites", {"name": "personalize-simulator", **_counts(results.scenarios)})
    for file, scenarios in groupby(results.scenarios, lambda each: each.file):
        _suite(root, file, list(scenarios))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(root: Element, file: str, scenarios: Sequence[ScenarioResult]) -> None:
    suite = SubElement(root, "testsuite", {"name": _xml(file), "skipped": "0", **_counts(scenarios)})
    for each in scenarios:
        seconds = f"{each.seconds:.3f}"
        case = SubElement(suite, "testcase", classname=_class_name(file), name=_xml(each.title), time=seconds)
        if each.failure is not None:
            _trouble(case, "failure", "ScenarioFailed", each.failure.report)
        if each.fault is not None:
            _trouble(case, "error", "ScenarioInvalid", each.fault.message)
        output = [f"{file}:{each.line}", *(f"rule: {rule}" for rule in each.rules)]
        SubElement(case, "system-out").text = _xml("\n".join(output))


def _trouble(case: Element, kind: str, type_: str, text: str) -> None:
    trouble = SubElement(case, kind, type=type_, message=_xml(text.partition("\n")[0]))
    trouble.text = _xml(text)


def _counts(scenarios: Sequence[ScenarioResult]) -> dict[str, str]:
    endings = [each.ending for each in scenarios]
    return {
        "tests": str(len(endings)),
        "failures": str(endings.count("failed")),
        "errors": str(endings.count("invalid")),
        "time": f"{sum(each.seconds for each in scenarios):.3f}",
    }


def _class_name(file: str) -> str:
    """A file's path as pytest names it: Jenkins takes what is before the last dot for a package."""
    return _xml(file.removesuffix(".yaml").replace("\\", "/").strip("/").replace("/", "."))


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub(lambda found: ascii(found[0])[1:-1], text)
