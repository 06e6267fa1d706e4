"""`serve`: a simulation answered over HTTP until it is told to end."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal, TextIO

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from simulator.server.app import Application
from simulator.server.control import Context
from simulator.server.running_time import RunningTime
from simulator.simulation import simulate

# How long the server takes at most to end; seconds.
_ENDED_WITHIN = 0.05

# How long it takes at most to notice that it is to end, where a signal does not wake the main thread; seconds.
_NOTICED_WITHIN = 0.5


class _Quiet(MotoRequestHandler):  # type: ignore[misc]
    """moto's handler without a line a request, and in the simulation's time."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date of an answer: the simulation's."""
        date: str = self.server.app.date()
        return date

    def log_request(self, *_: object) -> None:
        """Nothing is written."""


def serve(
    simulation: simulate,
    *,
    host: str,
    port: int,
    clock: Literal["virtual", "system"],
    ready: Callable[[str], None],
    stop: threading.Event,
    save: str | os.PathLike[str] | None = None,
) -> None:
    """Serves a simulation until `stop` is set, calls `ready` with its address once it does, then saves it.

    `simulation` is to leave the process's clock alone (`freeze=False`, `virtual_sleep=False`). With the clock
    "system" its time runs with the real one. Port 0 is a free one. What others print goes to standard error.

    Raises OSError for an address that cannot be listened on or a file that cannot be written, and what entering the
    simulation and saving it raise.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, port), family=family) as listening,
        simulation as sim,
        contextlib.redirect_stdout(sys.stderr),
    ):
        inside = sim._host
        if clock == "system":
            inside.time = RunningTime(inside.time.now())

        def reset() -> None:
            from moto.moto_api._internal import moto_api_backend

            moto_api_backend.reset()
            inside.settle()

        app = Application(inside, Context(sim, clock, reset))
        server = make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(_ENDED_WITHIN,), name="server", daemon=True)
        thread.start()
        try:
            ready(_address(listening))
            while not stop.wait(_NOTICED_WITHIN):
                pass
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        if save is not None:
            sim.save(save)


@contextlib.contextmanager
def stop_on_signals(until_eof: bool) -> Iterator[threading.Event]:
    """What is set once the process is to end: by SIGINT, SIGTERM, or if wanted when standard input ends."""
    stop = threading.Event()
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    if until_eof:
        threading.Thread(target=_wait_for_end, args=(sys.stdin, stop), name="until-eof", daemon=True).start()
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _wait_for_end(stream: TextIO, stop: threading.Event) -> None:
    while stream.readline():
        pass
    stop.set()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
