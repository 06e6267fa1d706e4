"""Ties to botocore and moto, made when they are imported: this module itself imports neither.

- botocore's built-in handlers get ours in front, so that every client made from then on asks us first;
- moto's own handler asks us before it looks for an answer, so that its clients do so as well;
- `moto.personalize` becomes the simulator's package, and moto learns the hosts of the three services: that is
  the way in for moto's server, and where moto's configuration names services;
- moto's CloudFormation learns the resource types of Personalize.

A finder at the front of `sys.meta_path` waits for the imports; where they have happened, it is done at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PACKAGE = "simulator.aws.moto_service"
_ALIASES = {"moto.personalize": _PACKAGE} | {
    f"moto.personalize.{part}": f"{_PACKAGE}.{part}" for part in ("exceptions", "models", "responses", "urls")
}

# The hosts of the three services, in all their forms; moto knows the simplest form of one.
OURS = re.compile(
    r"https?://(?:vpce-[a-z0-9-]+\.)?personalize(?:-events|-runtime)?(?:-fips)?\.(?P<region>[a-z]+(?:-[a-z]+)+-\d+)\."
    r"(?:vpce\.)?(?:amazonaws\.com|api\.aws|api\.amazonwebservices\.com)(?:\.cn)?(?=[:/]|$)"
)

# The attribute of a request of botocore's that our handler has answered.
_ANSWERED = "answered_by_personalize_simulator"


def install() -> None:
    """Ties us to botocore and moto, now or when they are imported. Calling it again does nothing."""
    if any(type(finder).__qualname__ == _Finder.__qualname__ for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Finder())
    for name, tie in _TIES.items():
        if name in sys.modules:
            tie(sys.modules[name])


def simulator_is_ours() -> bool:
    """Whether `import simulator` gives the package that this module was installed with."""
    module = sys.modules.get("simulator")
    if module is not None:
        origin = getattr(module, "__file__", None)
    else:
        spec = importlib.util.find_spec("simulator")
        origin = None if spec is None else spec.origin
    if not isinstance(origin, str):
        return False
    return os.path.realpath(origin) == os.path.realpath(
        os.path.join(os.path.dirname(__file__), "simulator", "__init__.py")
    )


def _gateway(request: Any) -> Any:
    """The module that answers, or None where nothing of ours can be concerned: it is heavy to import."""
    gateway = sys.modules.get("simulator.aws.gateway")
    if gateway is not None:
        return gateway
    moto = sys.modules.get("moto.core.models")
    stubber = getattr(moto, "botocore_stubber", None)
    if stubber is None or not stubber.enabled or not OURS.match(request.url) or not simulator_is_ours():
        return None
    return importlib.import_module("simulator.aws.gateway")


def _tie_botocore(handlers: ModuleType) -> None:
    handlers.BUILTIN_HANDLERS.insert(0, ("before-send", _before_send, handlers.REGISTER_FIRST))


def _before_send(request: Any, **_: object) -> Any:
    """botocore's `before-send` event, for clients made after the hooks; it calls moto's handler as well."""
    gateway = _gateway(request)
    response = None if gateway is None else gateway.before_send(request)
    if response is not None:
        setattr(request, _ANSWERED, True)
    return response


def _tie_moto_stubber(models: ModuleType) -> None:
    """Every client that moto answers asks us first, whenever it was made; no request is answered twice."""
    motos: Callable[[Any], Any] = models.botocore_stubber.process_request

    def process_request(request: Any) -> Any:
        if getattr(request, _ANSWERED, False):
            return None
        gateway = _gateway(request)
        answer = None if gateway is None else gateway.answer(request)
        return motos(request) if answer is None else answer

    models.botocore_stubber.process_request = process_request


def _tie_moto_index(index: ModuleType) -> None:
    patterns: list[tuple[str, re.Pattern[str]]] = index.backend_url_patterns
    if ("personalize", OURS) not in patterns:
        patterns.append(("personalize", OURS))
    if simulator_is_ours():
        for name in _ALIASES:
            if name in sys.modules and sys.modules[name].__name__ == name:
                _alias(name)


def _tie_moto_cloudformation(parsing: ModuleType) -> None:
    """moto finds the types of resources among the subclasses of its model, and remembers them."""
    if simulator_is_ours():
        importlib.import_module("simulator.aws.cloudformation")
        for found in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
            found.cache_clear()


def _alias(name: str) -> None:
    sys.modules[name] = importlib.import_module(_ALIASES[name])
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, sys.modules[name])


_TIES: dict[str, Callable[[ModuleType], None]] = {
    "botocore.handlers": _tie_botocore,
    "moto.backend_index": _tie_moto_index,
    "moto.cloudformation.parsing": _tie_moto_cloudformation,
    "moto.core.models": _tie_moto_stubber,
}


class _Finder(MetaPathFinder):
    """Finds the modules that we alias, and wraps the loaders of those that we tie ourselves to."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _ALIASES and simulator_is_ours():
            return ModuleSpec(fullname, _AliasLoader(fullname), is_package=fullname == "moto.personalize")
        if fullname not in _TIES:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _TyingLoader(spec.loader, _TIES[fullname])
                return spec
        return None


class _AliasLoader(Loader):
    """Gives our module under moto's name; it has run under its own, whose spec it keeps."""

    def __init__(self, name: str) -> None:
        self._ours = importlib.import_module(_ALIASES[name])
        self._spec = self._ours.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._ours

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _TyingLoader(Loader):
    """A loader that ties us to its module as soon as that has run; the module then has its own loader back."""

    def __init__(self, loader: Loader, tie: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._tie = tie

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._tie(module)
