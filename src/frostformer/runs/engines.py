"""Where runs are made: one after the other here, in several processes of this machine, or on a Dask cluster.

Each gives what became of an attempt when it has ended, and what is to be tried again.
"""

from __future__ import annotations

import logging
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import torch

from frostformer.errors import InputError, in_one_line
from frostformer.files import is_file, no_new_empty_folders, write_whole
from frostformer.provenance import source_hash
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.result import RESULT_NAME, read_result
from frostformer.runs.attempt import Attempt, Outcome, Watched, unwatched
from frostformer.runs.folder import ENDED, TUNING_NAME, held, publish, staged, start_anew
from frostformer.training.checkpoints import CHECKPOINT_NAME
from frostformer.training.devices import Place

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
Made = tuple[Outcome, list[Attempt]]
Files = dict[str, dict[str, bytes]]
"""Name of a run -> name of a file -> content."""

_CONNECT_SECONDS = 10


def here(attempts: Sequence[Attempt], watched: Watched) -> Iterator[Made]:
    """One after the other, in this process."""
    return (attempt.make(watched) for attempt in attempts)


def by_processes(attempts: Sequence[Attempt], jobs: int) -> Iterator[Made]:
    """Several at a time, each in a process with its share of the cores."""
    return processes((partial(attempt.make, unwatched) for attempt in attempts), jobs)


def processes(calls: Iterable[Callable[[], _Result]], jobs: int) -> Generator[_Result]:
    """What the calls give, each when it has ended, made in so many processes.

    Raises:
        InputError: a process was ended from outside.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    found = Parallel(n_jobs=jobs, return_as="generator_unordered")(delayed(call)() for call in calls)
    try:
        for one in found:  # not `yield from`, which would close it where that warning is heard  # noqa: UP028
            yield one
    except TerminatedWorkerError as error:
        raise InputError(
            "a process was ended from outside, perhaps for lack of memory: give fewer jobs; the same call goes on"
        ) from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that calls are left undone, which an interruption asks for
            found.close()


def by_cluster(attempts: Sequence[Attempt], address: str) -> Iterator[Made]:
    """By the workers of a Dask cluster, each of which makes one attempt at a time.

    Where all workers see the folder of the runs, they write there, and another worker goes on with the runs of one that
    was killed. Where they do not, runs are made in a temporary folder, and their files come back when they have ended.

    Raises:
        InputError: no scheduler answers at the address, or a worker would make several runs at once.
    """
    attempts = [replace(attempt, out=attempt.out.resolve()) for attempt in attempts]
    with closing(connected(address)) as client:
        from distributed import as_completed

        is_shared = _all_see(client, attempts[0].out)
        waiting: dict[Any, Attempt] = {}
        for attempt in attempts:
            known = Outcome() if is_shared or attempt.how.overwrite else _known_here(attempt)
            if known.results or known.failures:
                yield known, []
            told = known.results.keys() | known.failures.keys()
            if missing := {name: config for name, config in attempt.configs.items() if name not in told}:
                part = replace(attempt, configs=missing)
                waiting[client.submit(_made_by_worker, part, is_shared, pure=False)] = part
        for future in as_completed(list(waiting), loop=client.loop):
            yield _received(future, waiting.pop(future))  # a worker keeps what it sent until nobody asks for it


def _known_here(attempt: Attempt) -> Outcome:
    """What workers that do not see the folders cannot know: runs that have ended, and folders that hold other ones."""
    there = attempt.finished()
    in_the_way = "it holds another run, or one that has not ended, and the workers do not see it: give another --out"
    failures = {
        name: f"{attempt.out / name}: {in_the_way}"
        for name in attempt.configs
        if name not in there
        and any((attempt.out / name / file).exists() for file in (CHECKPOINT_NAME, TUNING_NAME, RESULT_NAME))
    }
    return Outcome(there, failures)


def connected(address: str) -> Any:
    """A client of the scheduler.

    Raises:
        InputError: there is none, or it has no workers that can be used.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("the engine dask needs a package: pip install 'frostformer[dask]'") from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at '{address}' ({in_one_line(error)}): start one with `dask scheduler`, and "
            "give its address, such as tcp://HOST:8786"
        ) from error
    try:
        _check_workers(client, address)
    except BaseException:
        client.close()
        raise
    return client


def _check_workers(client: Any, address: str) -> None:
    """Refuse workers that would make other runs than this process.

    Raises:
        InputError: there are none, or one has several threads, which would share torch's generator, or other code.
    """
    threads = client.nthreads()
    if not threads or max(threads.values()) > 1:
        wrong = "has no workers" if not threads else "has workers with several threads, and a run needs a process"
        raise InputError(f"the Dask scheduler at '{address}' {wrong}: start them with `dask worker --nthreads 1`")
    try:
        sources = client.run(_source)
    except ModuleNotFoundError as error:
        raise InputError(f"a worker of '{address}' has no {error.name}: install frostformer where it runs") from error
    if {*sources.values()} != {_source()}:
        raise InputError(
            f"a worker of '{address}' has another version of frostformer than this process: use one version"
        )


def _source() -> str:
    """Tells versions of this package apart."""
    return source_hash(Path(__file__).parents[1])


def _all_see(client: Any, out: Path) -> bool:
    """Whether every worker sees a file that is written here."""
    mark = out / f".{uuid.uuid4().hex}"
    with no_new_empty_folders(out):
        write_whole(mark, "")
        try:
            return all(client.run(is_file, mark).values())
        finally:
            with suppress(OSError):
                mark.unlink()


def _made_by_worker(attempt: Attempt, is_shared: bool) -> tuple[Outcome, list[Attempt], Files]:
    """What became of an attempt, on a worker."""
    if is_shared:
        return *attempt.make(unwatched), {}
    with TemporaryDirectory() as folder:
        out = Path(folder)
        outcome, again = replace(attempt, out=out).make(unwatched)
        files = {
            name: {file: (out / name / file).read_bytes() for file in _files_in(out / name)} for name in outcome.results
        }
    return outcome, [replace(one, out=attempt.out) for one in again], files


def _received(future: Any, attempt: Attempt) -> Made:
    """What a worker found, with the files that it has sent put into their folders."""
    try:
        outcome, again, files = future.result()
        for name, contents in files.items():
            _put(attempt.out / name, contents)
        results = {name: read_result(attempt.out / name) for name in outcome.results}
    except Exception as error:  # a worker that was killed again and again, a full disk: the other runs go on
        log.debug("an attempt on a worker failed", exc_info=True)
        return Outcome(failures=dict.fromkeys(attempt.configs, in_one_line(error))), []
    return replace(outcome, results=results), again


def _files_in(folder: Path) -> list[str]:
    return [name for name in ENDED if (folder / name).is_file()]


def _put(out: Path, contents: dict[str, bytes]) -> None:
    """Let a finished run take its place in a folder; attention maps that it lacks go with the run that had them."""
    with held([out], Place(torch.device("cpu"))):
        start_anew(out)
        for name in ENDED:  # the result comes last, and says that all are there
            if name in contents or (name == ATTENTION_NAME and (out / name).exists()):
                write_whole(staged(out, name), contents.get(name, b""))
        publish(out)
