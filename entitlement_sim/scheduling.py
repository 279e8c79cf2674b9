"""Tasks on several processes or machines: a thin layer over Dask (extra ``cluster``).

Every task is a function of the package with arguments that travel, and depends on nothing but
these: whoever works on it, and however often, it comes to the same. So a worker that is lost costs
time and changes nothing; Dask gives its tasks to another one.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: The scheduler that starts processes on this machine.
LOCAL: Final = "local"

#: Seconds of processor time of a task at the least: to send one takes a few milliseconds.
#: Estimates are right within a factor of two, and no task shall take less than a second.
LEAST_SECONDS: Final = 2.0
#: Tasks of a worker at the most, so that those who are done early take more of them.
_TASKS_A_WORKER: Final = 8
#: How long a scheduler is waited for, in seconds, and its first worker.
_PATIENCE: Final = 30

_HOW_TO_INSTALL: Final = (
    "install the package with its extra: pip install 'entitlement-sim[cluster]'"
)


#: Workers that everything is shared out to.
_AT_WORK: "Final[ContextVar[Workers | None]]" = ContextVar("at_work", default=None)


class SchedulerError(Exception):
    """Tasks cannot be given to workers; the message says why and what to do."""


class Workers:
    """The workers of a scheduler.

    Attributes
    ----------
    count : int
        Tasks that run at a time.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self.count = max(1, sum(client.nthreads().values()))

    def map(self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]) -> Iterator[T]:
        """Yield what a function comes to for some arguments, in their order.

        Parameters
        ----------
        function : callable
            One of a module, which workers import.
        arguments : sequence of tuple

        Raises
        ------
        SchedulerError
            The scheduler has gone, or worker after worker died of a task.
        Exception
            What the function raises.
        """
        from distributed.scheduler import KilledWorker

        futures = [self._client.submit(function, *each, pure=False) for each in arguments]
        try:
            for place, future in enumerate(futures):
                yield future.result()
                futures[place] = None  # what it came to need not be held by a worker any more
        except KilledWorker as error:
            raise SchedulerError(
                f"several workers of {self._address} died one after the other of the same task; "
                f"have they enough memory? ({error.task})"
            ) from None
        except (CancelledError, OSError) as error:
            raise SchedulerError(f"the scheduler {self._address} has gone: {error}") from None
        finally:
            self._client.cancel([future for future in futures if future is not None])

    def versions(self) -> set[str]:
        """Return the versions of this package that workers have."""
        return set(self._client.run(_version).values())


def _version() -> str:
    from . import __version__

    return __version__


@contextmanager
def workers_of(scheduler: str, *, count: int | None = None) -> Iterator[Workers]:
    """Give the workers of a scheduler.

    Parameters
    ----------
    scheduler : str
        ``local`` for processes on this machine, which are started and ended, or the address of a
        scheduler of Dask, such as ``tcp://10.0.0.4:8786``.
    count : int, optional
        Processes of the local one; by default one for each processor.

    Raises
    ------
    SchedulerError
        There is no such scheduler, it has no workers, these have another version of the package,
        or Dask is not installed.
    """
    check_scheduler(scheduler)
    from distributed import Client, LocalCluster

    from . import __version__

    with ExitStack() as closing:
        try:
            address: Any = scheduler
            if scheduler == LOCAL:
                address = closing.enter_context(
                    LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=count,
                        threads_per_worker=1,
                        dashboard_address=None,
                        memory_limit=0,
                        silence_logs=logging.CRITICAL,
                    )
                )
            client = closing.enter_context(
                Client(  # type: ignore[no-untyped-call]
                    address, timeout=_PATIENCE, set_as_default=False
                )
            )
            client.wait_for_workers(1, timeout=_PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerError(
                f"no worker of the scheduler {scheduler} answers: {error}; is it running, and does "
                "it have workers?"
            ) from None
        workers = Workers(client, scheduler)
        others = sorted(workers.versions() - {__version__})
        if others:
            raise SchedulerError(
                f"workers of {scheduler} have version {others[0]} of the package, and this is "
                f"{__version__}; install the same one everywhere"
            )
        yield workers


@contextmanager
def working_with(scheduler: str | None) -> Iterator[None]:
    """Let everything within be shared out among the workers of a scheduler that can be.

    It is for commands, which have no other way to what adds up beneath them.
    """
    if scheduler is None:
        yield
        return
    with workers_of(scheduler) as workers:
        token = _AT_WORK.set(workers)
        try:
            yield
        finally:
            _AT_WORK.reset(token)


@contextmanager
def workers_if_any(scheduler: str | None) -> Iterator[Workers | None]:
    """Give the workers of a scheduler, or those that there are already; None without either."""
    if scheduler is None:
        yield _AT_WORK.get()
        return
    with workers_of(scheduler) as workers:
        yield workers


def check_scheduler(scheduler: str) -> None:
    """Check that a scheduler can be meant, before anything is begun.

    Raises
    ------
    SchedulerError
        It is none, or Dask is not installed.
    """
    if scheduler != LOCAL and "://" not in scheduler:
        raise SchedulerError(
            f"{scheduler!r} is no scheduler; name {LOCAL}, or the address of one of Dask, such as "
            "tcp://10.0.0.4:8786"
        )
    if find_spec("distributed") is None:
        raise SchedulerError(f"a scheduler needs distributed; {_HOW_TO_INSTALL}")


def chunks(items: Sequence[T], seconds_each: float, workers: int) -> list[Sequence[T]]:
    """Cut items into tasks of at least a second each, and not too many of them.

    Parameters
    ----------
    items : sequence
    seconds_each : float
        Processor time of one, about.
    workers : int

    Examples
    --------
    >>> [len(chunk) for chunk in chunks(range(20), 0.4, 2)]
    [5, 5, 5, 5]
    >>> [len(chunk) for chunk in chunks(range(3), 60.0, 2)]
    [1, 1, 1]
    """
    least = math.ceil(LEAST_SECONDS / max(seconds_each, 1e-9))
    size = max(1, min(least, len(items)), math.ceil(len(items) / (_TASKS_A_WORKER * workers)))
    return [items[first : first + size] for first in range(0, len(items), size)]


def count_tasks(seconds: float, workers: int) -> int:
    """Return into how many tasks work of some processor time is cut.

    Examples
    --------
    >>> count_tasks(1.0, 2), count_tasks(9.0, 2), count_tasks(3600.0, 2)
    (1, 4, 16)
    """
    return max(1, min(int(seconds / LEAST_SECONDS), _TASKS_A_WORKER * workers))
