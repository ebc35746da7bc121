"""Series after series in one process or in several, with the same results to the last digit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

T = TypeVar("T")
R = TypeVar("R")

FEW = 24
"""So many series are done where one is: a new process first imports for a second."""

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def each(function: Callable[[T], R], items: Sequence[T], workers: int | None) -> Iterator[R]:
    """`function` of every item, in their order. `workers` None: one per core, or none for a few items.

    `function` has to be one that can be pickled: a function of a module, or a `functools.partial` of one.
    """
    count = workers if workers is not None else (1 if len(items) <= FEW else cores())
    if count <= 1 or len(items) <= 1:
        for item in items:
            with _one_thread():
                done = function(item)
            yield done
        return
    size = max(1, min(16, len(items) // (4 * count)))
    with _one_thread_each(), ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield from pool.map(function, items, chunksize=size)


@cache
def _linear_algebra() -> ThreadpoolController:
    """The libraries of linear algebra that are loaded; SciPy brings one of its own."""
    import scipy.linalg  # noqa: F401 - so that its library is loaded before it is limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _one_thread() -> AbstractContextManager[object]:
    """This process uses one thread for linear algebra, as the workers do.

    For the sake of the last digit, and of speed: threads for matrices of twenty numbers wait for each other.
    """
    limited: AbstractContextManager[object] = _linear_algebra().limit(limits=1)
    return limited


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started within use one thread each for linear algebra; cores are shared by process."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
