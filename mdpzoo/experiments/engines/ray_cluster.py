"""A Ray cluster (Ray core only): the same tasks on many machines, which all see the study's folder."""

import itertools
import json
import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.experiments.engines.process_pool import ATTEMPTS, Answer
from mdpzoo.experiments.studies.execution import FAILED, Outcome, Task, summary
from mdpzoo.front import require

TICK = 0.5  # seconds between two polls
AHEAD = 1_000  # tasks that Ray holds at a time


def outcomes(
    tasks: Iterable[Task], jobs: int, address: str | None = None
) -> Generator[Answer | list[Task], None, None]:
    """Performs tasks on a Ray cluster.

    Args:
        tasks: the tasks.
        jobs: processes of a cluster that is started here.
        address: of a running cluster, as ``"127.0.0.1:6379"`` or ``"auto"``; None: one is started on this machine.

    Yields:
        Each task and its outcome, as they end; an empty list from time to time.

    Raises:
        MissingExtraError: if Ray is not installed.
        SettingError: if there is no cluster at the address, or it asks for a token that this process does not show.
    """
    require("ray", "ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    own: dict[str, Any] = {"num_cpus": jobs, "include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(**own, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, ray.exceptions.RayError) as error:
        raise SettingError(refusal(address, error)) from None
    remote = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(_perform)
    try:
        waiting = iter(tasks)
        pending: dict[Any, Task] = {}
        while True:
            for task in itertools.islice(waiting, AHEAD - len(pending)):
                pending[remote.remote(task.to_text())] = task
            if not pending:
                return
            done, _ = ray.wait(list(pending), num_returns=1, timeout=TICK)
            if not done:
                yield []
            for reference in done:
                yield pending.pop(reference), _outcome(ray, reference)
    finally:
        ray.shutdown()


def refusal(address: str | None, error: Exception) -> str:
    """Returns the error message for a cluster that cannot be joined, with a remedy if a token may be the reason.

    Ray itself only reports that it failed to connect. A cluster that is started where a token exists requires it, and
    clients that join by address send one only with ``RAY_AUTH_MODE=token``.
    """
    place, disabled = token_place(), "or RAY_AUTH_MODE=disabled for a cluster that asks for none"
    if os.environ.get("RAY_AUTH_MODE", "").lower() == "token":
        if place is None:
            found = "RAY_AUTH_MODE is 'token', but there is no token"
            return f"{found}; set RAY_AUTH_TOKEN_PATH to a copy of the cluster's file ~/.ray/auth_token, {disabled}"
        found = f"there is no Ray cluster at {address!r} that takes the token in {place}"
        return f"{found}; put a copy of the cluster's ~/.ray/auth_token there, {disabled}"
    remedy = "" if place is None else f"; if it asks for the token in {place}, set RAY_AUTH_MODE=token"
    return f"there is no Ray cluster at {address!r}: {summary(error):.160}{remedy}"


def token_place() -> str | None:
    """Returns the variable or file in which Ray finds a token; None if there is none."""
    if os.environ.get("RAY_AUTH_TOKEN"):
        return "RAY_AUTH_TOKEN"
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    file = Path(named) if named else Path(os.path.expanduser("~/.ray/auth_token"))
    return repr(str(file)) if file.is_file() else None


def _outcome(ray: Any, reference: Any) -> Outcome:
    try:
        return Outcome(**json.loads(ray.get(reference)))
    except Exception as error:  # whatever became of its worker
        return Outcome(FAILED, summary(error))


def _perform(text: str) -> str:
    """Performs a task in a Ray worker, which imports everything on its first task."""
    from mdpzoo.experiments.engines.worker import prepared

    return prepared()(text)
