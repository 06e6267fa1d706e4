"""`simulate()`: a world, with the process around it made to live in the world's time."""

from __future__ import annotations

import functools
import inspect
import os
import unittest
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar, overload
from unittest.mock import patch

from moto import mock_aws

from simulator import deploying, saving
from simulator.aws import gateway, guard
from simulator.aws.explaining import explain
from simulator.aws.host import Host
from simulator.clock import Micros, OwnTime, SimulatorError, TimeSource, datetime_of, in_calendar, micros_in, micros_of
from simulator.durations import durations as durations_of
from simulator.frozen import FrozenTime, SystemTime
from simulator.profiles import TODAY
from simulator.profiles import profile as profile_of
from simulator.quotas import Quotas
from simulator.resources.explained_answers import ExplainedAnswer
from simulator.resources.explaining import Events
from simulator.resources.journal import Journal
from simulator.resources.readiness import Readiness, readiness
from simulator.resources.world import World
from simulator.sleeping import VirtualSleep

T = TypeVar("T")

_TRAININGS = ("sampled", "exact")
_DEFAULT_REGION = "us-east-1"
_MAX_VIRTUAL = timedelta(days=90)


class Clock:
    """The virtual time of a simulation."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def now(self) -> datetime:
        """The present, as an aware UTC datetime."""
        return datetime_of(self._host.time.now())

    def tick(self, delta: timedelta | None = None, /, **units: float) -> datetime:
        """Moves time forward by a timedelta, or by its keywords (`hours=2`); the new present.

        All that falls due on the way happens, in order, as of its own time. Raises ValueError for a step back.
        """
        if (delta is None) == (not units):
            raise TypeError("tick() takes a timedelta or keywords of one, such as hours=2")
        step = micros_in(timedelta(**units) if delta is None else delta)
        if step < 0:
            raise ValueError("time does not run backward")
        with self._host.lock:
            return self._move(in_calendar(self._host.time.now() + step))

    def move_to(self, moment: datetime | str) -> datetime:
        """Moves time forward to a moment (ISO 8601 text or datetime, UTC if it has no zone); the new present.

        Raises ValueError for a moment in the past of the simulation.
        """
        instant = micros_of(moment)
        with self._host.lock:
            if instant < self._host.time.now():
                raise ValueError(f"time does not run backward: it is {self.now().isoformat()} already")
            return self._move(instant)

    def _move(self, instant: Micros) -> datetime:
        self._host.move_to(instant)
        return self.now()


class Simulation:
    """A running simulation: what `simulate()` and the fixture `personalize_sim` give."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.clock = Clock(host)

    # Its signature and docstring stand there once.
    deploy = deploying.deploy

    @property
    def seed(self) -> int:
        """The seed of everything that is drawn by chance."""
        return self._host.world.seed

    @property
    def events(self) -> Events:
        """The events that were put: `events.explain()` tells what becomes of each, when, for whom, and why not."""
        return Events(self._host)

    @property
    def journal(self) -> Journal:
        """What the code under test did, in virtual time: calls, events, trainings, updates, statuses reached.

        `journal.events(user="42")` looks, `journal.assert_events(user="42", item="7", times=1)` asserts.
        """
        return Journal(self._present)

    def ready(self, arn: str, *, recipe: str | None = None, event_type: str | None = None) -> Readiness:
        """What is missing before a training would succeed, with the data that is stored now.

        `arn` is a dataset group's: then of every recipe that can be trained in it, or of one `recipe` (its name or
        ARN), custom recipes counting events of an `event_type` only. Or it is a solution's, whose recipe and event
        filter count. The answer is true if nothing is missing, and prints as a report. Quotas on how many
        trainings may run are not looked at.

        Raises SimulatorError for an ARN of neither, and for a recipe that cannot be trained there.
        """
        with self._present() as world:
            return readiness(world, self._host.platform, arn, recipe=recipe, event_type=event_type)

    def explain(self, arn: str, *, ask_about: Sequence[str] = (), **asked: Any) -> ExplainedAnswer:
        """Why a campaign or recommender answers now as it does: what moved each item of the answer.

        `asked` are the members of GetRecommendations (`userId="42"`, `numResults=10`, `filterArn=...`), or with an
        `inputList` those of GetPersonalizedRanking. `ask_about` names items that need not be in the answer: why they
        are not. Nothing changes. The answer prints as a report; `answer.since(earlier)` says what has changed since
        an earlier one, `answer.to_frame()` is a DataFrame.

        Raises SimulatorError for what the service would refuse, and for campaigns that recommend actions.
        """
        with self._present() as world:
            return explain(world, self._host.platform, arn, asked, ask_about)

    @contextmanager
    def _present(self) -> Iterator[World]:
        """The world as it stands now, and nobody else in it."""
        with self._host.lock:
            self._host.settle()
            yield self._host.world

    def save(self, file: str | os.PathLike[str]) -> None:
        """Saves the world as it stands now, for `simulate(load=file)`; a file that is there is replaced at once.

        With it go the objects in S3 and the roles in IAM that its resources name; everything else of the account is
        not saved. Equal worlds make equal files.

        Raises SavedWorldError for a world that is too large, OSError if the file cannot be written; then nothing is.
        """
        with self._host.lock:
            self._host.settle()
            saving.save(self._host.world, file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Simulation) and other._host is self._host

    def __hash__(self) -> int:
        return hash(self._host)

    def __repr__(self) -> str:
        return f"<Simulation at {self.clock.now().isoformat()}, seed {self.seed}>"


def current() -> Simulation | None:
    """The simulation that would answer a call now, also that of a plain `mock_aws`; None if there is none.

    It equals what `simulate()` gave.
    """
    host = gateway.current_host()
    return None if host is None else Simulation(host)


class simulate:
    """Runs a block, function, coroutine function or class of tests inside a simulation of Personalize.

    `start` is the first moment (datetime or ISO 8601 text, UTC if it has no zone; default: now). `seed` decides
    all chance. `durations` is "observed", "instant", or a mapping of resource to timedelta. `training` is
    "sampled" (every full training draws its own chance, as trainings on AWS differ) or "exact". `profile` is "today"
    or "2022": the defaults of the service now, or before there was automatic training. `region` is that of clients
    that name none. `freeze=False` leaves the process's clock alone: the simulation then has a time of
    its own, and `time.sleep` moves only that. `virtual_sleep=False` leaves `time.sleep` alone; `max_virtual` is
    how long the code may sleep without a call. `quotas` overrides limits by name. `throttling=True` refuses calls
    beyond the documented rates, in virtual time.

    `load` names a file that `Simulation.save` made: the simulation goes on where that one was saved, and answers as it
    would have. It begins at the saved instant; a later `start` is as if that time passed. `seed` cannot be given with
    it. `durations`, `training` and `profile` count for what begins from now on, `throttling` for calls from now on, and
    `quotas` join the saved ones; not given, those of the file stay. Buckets, objects, roles and policies that are
    there already in an open `mock_aws` stay as they are, those that are not are made.

    On a `unittest.TestCase` it runs setUp, each test and tearDown in one simulation; on another class, each method
    whose name begins with `test`. Inherited tests are included.

    Raises ValueError or TypeError for an argument that makes no sense, SimulatorError where a simulation runs
    already. Entering it raises SavedWorldError for a file that is damaged or of another version, OSError for one that
    cannot be opened, and ValueError if `start` lies before the saved instant.
    """

    def __init__(
        self,
        start: datetime | str | None = None,
        *,
        load: str | os.PathLike[str] | None = None,
        seed: int | None = None,
        durations: str | Mapping[str, timedelta] | None = None,
        training: str | None = None,
        profile: str | None = None,
        region: str | None = None,
        freeze: bool = True,
        virtual_sleep: bool = True,
        max_virtual: timedelta = _MAX_VIRTUAL,
        quotas: Mapping[str, int] | None = None,
        throttling: bool | None = None,
    ) -> None:
        if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
            raise TypeError(f"seed must be a whole number, not {seed!r}")
        if seed is not None and load is not None:
            raise ValueError(f"seed and load cannot be given together: {os.fspath(load)} has a seed of its own")
        if training is not None and training not in _TRAININGS:
            raise ValueError(f"training must be one of {', '.join(_TRAININGS)}, not {training!r}")
        self._start = None if start is None else micros_of(start)
        self._load = None if load is None else os.fspath(load)
        self._seed = seed
        self._durations = None if durations is None else durations_of(durations)
        self._training = training
        self._profile = None if profile is None else profile_of(profile)
        self._region = region
        self._freeze = freeze
        self._virtual_sleep = virtual_sleep
        self._max_virtual = micros_in(max_virtual)
        self._quotas = Quotas(dict(quotas or {}))
        self._throttling = throttling
        self._exits: ExitStack | None = None

    def __enter__(self) -> Simulation:
        if self._exits is not None:
            raise SimulatorError("this simulate() is entered already")
        with ExitStack() as exits:
            host = self._open(exits)
            self._exits = exits.pop_all()
        return Simulation(host)

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        exits, self._exits = self._exits, None
        if exits is not None:
            exits.close()

    def _open(self, exits: ExitStack) -> Host:
        """Enters every part, from the outside in; what has been entered is left again if a later part fails."""
        loaded = None if self._load is None else self._loaded(self._load)
        world = self._new_world() if loaded is None else loaded.world
        instant = world.now if self._start is None else self._start
        time: TimeSource = FrozenTime(instant) if self._freeze else OwnTime(instant)
        host = Host(world, time)
        exits.callback(gateway.close_gateway, gateway.open_gateway(host))
        exits.enter_context(_environment(self._region))
        exits.enter_context(mock_aws())
        guard.guard(exits)
        if isinstance(time, FrozenTime):
            time.start()
            exits.callback(time.stop)
        if self._virtual_sleep:
            sleep = VirtualSleep(time.now, host.wake_at, functools.partial(host.may_sleep, self._max_virtual))
            sleep.start()
            exits.callback(sleep.stop)
        if loaded is not None:
            saving.put_back(loaded.around)
            host.settle()
        return host

    def _new_world(self) -> World:
        return World(
            seed=self._seed or 0,
            training=self._training or "sampled",
            durations=self._durations or durations_of("observed"),
            quotas=self._quotas,
            now=SystemTime().now() if self._start is None else self._start,
            profile=self._profile or TODAY,
            throttling=bool(self._throttling),
        )

    def _loaded(self, file: str) -> saving.Saved:
        """What a file holds, with what was given for the time from now on."""
        loaded = saving.load(file)
        world = loaded.world
        if self._start is not None and self._start < world.now:
            raise ValueError(
                f"start lies before {datetime_of(world.now).isoformat()}, the instant at which {file} was saved"
            )
        world.training = self._training or world.training
        world.profile = self._profile or world.profile
        world.durations = self._durations or world.durations
        world.quotas = Quotas({**world.quotas.overrides, **self._quotas.overrides})
        if self._throttling is not None:
            world.throttling = self._throttling
        return loaded

    @overload
    def __call__(self, decorated: type[T]) -> type[T]: ...

    @overload
    def __call__(self, decorated: Callable[..., T]) -> Callable[..., T]: ...

    def __call__(self, decorated: Any) -> Any:
        """Decorates a function, a coroutine function, or a class of tests; nothing is passed in.

        Raises TypeError for what it cannot decorate.
        """
        if inspect.isclass(decorated):
            return self._class(decorated)
        if inspect.isgeneratorfunction(decorated) or inspect.isasyncgenfunction(decorated):
            raise TypeError("simulate() cannot decorate a generator: use `with simulate():` inside it")
        if inspect.iscoroutinefunction(decorated):

            @functools.wraps(decorated)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await decorated(*args, **kwargs)

            return run_async

        @functools.wraps(decorated)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return decorated(*args, **kwargs)

        return run

    def _class(self, decorated: type[T]) -> type[T]:
        if issubclass(decorated, unittest.TestCase):
            set_up = decorated.setUp

            @functools.wraps(set_up)
            def set_up_inside(test: unittest.TestCase) -> None:
                test.enterContext(self._again())
                set_up(test)

            setattr(decorated, "setUp", set_up_inside)  # noqa: B010 - mypy forbids to assign a method
            return decorated
        if hasattr(decorated, "setup_method") or hasattr(decorated, "teardown_method"):
            raise TypeError(
                f"simulate() cannot decorate {decorated.__name__}, whose setup_method or teardown_method would run "
                "outside of the simulation: use the fixture personalize_sim"
            )
        for name in dir(decorated):
            member = inspect.getattr_static(decorated, name)
            if not name.startswith("test"):
                continue
            if inspect.isfunction(member):
                setattr(decorated, name, self(member))
            elif isinstance(member, (staticmethod, classmethod)):
                setattr(decorated, name, type(member)(self(member.__func__)))
        return decorated

    def _again(self) -> simulate:
        """A simulation like this one, for one call of a decorated function."""
        again = object.__new__(simulate)
        again.__dict__.update(self.__dict__, _exits=None)
        return again


def _environment(region: str | None) -> Any:
    """The environment of the process, without what would lead clients elsewhere than to this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") and not name.startswith("AWS_ENDPOINT_URL")
    }
    if region is not None:
        kept["AWS_DEFAULT_REGION"] = region
        kept["AWS_REGION"] = region
    kept.setdefault("AWS_DEFAULT_REGION", _DEFAULT_REGION)
    kept["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
    # moto sets these as well, and fails on leaving if the code under test has removed what was not there before.
    kept["AWS_ACCESS_KEY_ID"], kept["AWS_SECRET_ACCESS_KEY"] = "FOOBARKEY", "FOOBARSECRET"
    return patch.dict(os.environ, kept, clear=True)
