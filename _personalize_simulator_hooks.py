"""Ties to botocore and moto, made when they are imported: this module itself imports neither.

- botocore's built-in handlers get ours in front, so that every client made from then on asks us first;
- `moto.personalize` becomes the simulator's package, and moto learns the hosts of the two data-plane services.

A finder at the front of `sys.meta_path` waits for the imports; where they have happened, it is done at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_SERVICE = "simulator.aws.moto_service"
_ALIASED = (
    "moto.personalize",
    *(f"moto.personalize.{part}" for part in ("exceptions", "models", "responses", "urls")),
)
_DATA_PLANE = re.compile(
    r"https?://personalize-(?:events|runtime)(?:-fips)?\.(.+)\.(?:amazonaws\.com|api\.aws)"
)
_OLDEST_MOTO, _NEWEST_MOTO = (5, 2, 1), (5, 2, 5)


class UntriedMotoWarning(UserWarning):
    """The moto that is installed is not one that the simulator has been tried with."""


def install() -> None:
    """Ties us to botocore and moto, now or when they are imported. Calling it again does nothing."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if importlib.util.find_spec("simulator") is None:
        return
    sys.meta_path.insert(0, _Finder())
    for name, tie in _TIES.items():
        module = sys.modules.get(name)
        if module is not None:
            tie(module)


def simulator_is_ours() -> bool:
    """Whether `import simulator` gives the package that this module was installed with."""
    spec = importlib.util.find_spec("simulator")
    if spec is None or spec.origin is None:
        return False
    return Path(spec.origin).parent.parent == Path(__file__).parent


def _tie_botocore(handlers: ModuleType) -> None:
    handlers.BUILTIN_HANDLERS.insert(0, ("before-send", _before_send, handlers.REGISTER_FIRST))


def _tie_moto_handler(models: ModuleType) -> None:
    """Our answer, else moto's: botocore calls all handlers, and moto would spend its time on a request of ours."""
    handlers: list[tuple[Any, ...]] = sys.modules["botocore.handlers"].BUILTIN_HANDLERS
    stubber = models.botocore_stubber

    def ours_or_motos(event_name: str, request: Any, **kwargs: Any) -> Any:
        answer = _before_send(request)
        return answer if answer is not None else stubber(event_name, request=request, **kwargs)

    handlers[:] = [each for each in handlers if each[1] is not _before_send and each[1] is not stubber]
    handlers.append(("before-send", ours_or_motos))


def _before_send(request: Any, **_: object) -> Any:
    """botocore's `before-send` event: passed on only where a simulation or a moto mock is active."""
    gateway = sys.modules.get("simulator.aws.gateway")
    if gateway is None:
        moto = sys.modules.get("moto.core.models")
        stubber = getattr(moto, "botocore_stubber", None)
        if stubber is None or not stubber.enabled or not simulator_is_ours():
            return None
        gateway = importlib.import_module("simulator.aws.gateway")
    return gateway.before_send(request)


def _tie_moto(index: ModuleType) -> None:
    patterns: list[tuple[str, re.Pattern[str]]] = index.backend_url_patterns
    if not any(pattern is _DATA_PLANE for _, pattern in patterns):
        patterns.append(("personalize", _DATA_PLANE))
    for name in _ALIASED:
        if name in sys.modules and not sys.modules[name].__name__.startswith(_SERVICE):
            _alias(name)
    _check_version()


def _alias(name: str) -> ModuleType:
    ours = importlib.import_module(_SERVICE + name.removeprefix("moto.personalize"))
    sys.modules[name] = ours
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, ours)
    return ours


def _check_version() -> None:
    from importlib.metadata import version

    installed = version("moto")
    numbers = tuple(int(part) for part in re.findall(r"\d+", installed)[:3])
    if not _OLDEST_MOTO <= numbers <= _NEWEST_MOTO:
        warnings.warn(
            f"personalize-simulator has been tried with moto {'.'.join(map(str, _OLDEST_MOTO))} to "
            f"{'.'.join(map(str, _NEWEST_MOTO))}; {installed} is installed and may behave differently.",
            UntriedMotoWarning,
            stacklevel=2,
        )


_TIES: dict[str, Callable[[ModuleType], None]] = {
    "botocore.handlers": _tie_botocore,
    "moto.backend_index": _tie_moto,
    "moto.core.models": _tie_moto_handler,
}


class _Finder(MetaPathFinder):
    """Finds the modules that we alias, and wraps the loaders of those that we tie ourselves to."""

    def __init__(self) -> None:
        self._searching = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _ALIASED and simulator_is_ours():
            return ModuleSpec(fullname, _AliasLoader(fullname), is_package=fullname == "moto.personalize")
        if fullname not in _TIES or self._searching:
            return None
        self._searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = _TyingLoader(spec.loader, _TIES[fullname])
        return spec


class _AliasLoader(Loader):
    """Gives our module under moto's name; it has run under its own, whose spec it keeps."""

    def __init__(self, name: str) -> None:
        self._ours = importlib.import_module(_SERVICE + name.removeprefix("moto.personalize"))
        self._spec = self._ours.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._ours

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _TyingLoader(Loader):
    def __init__(self, loader: Any, tie: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._tie = tie

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._tie(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
