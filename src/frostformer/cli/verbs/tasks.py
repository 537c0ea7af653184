"""`frostformer tasks`."""

from __future__ import annotations

from frostformer.cli.options import AsJson


def tasks(
    name: str | None = None,
    *,
    show: int = 0,
    task_options: dict[str, str] | None = None,
    plugin: str | None = None,
    as_json: AsJson = False,
) -> None:
    """List the tasks, or tell more of one.

    Parameters
    ----------
    name
        A task; all if not given.
    show
        How many of its training sequences to show.
    task_options
        The task's own options, as for `run`.
    plugin
        A Python file of yours that registers tasks.
    as_json
        Print a JSON list of the tasks, or of the one, for a program to read.
    """
    from frostformer.cli.listing import print_task, print_tasks, task_rows
    from frostformer.cli.terminal import say_json
    from frostformer.errors import InputError, check_range
    from frostformer.plugins import load_plugin

    check_range("show", show, 0, 1000)
    load_plugin(plugin)
    if as_json and (show or task_options):
        raise InputError("--json lists what is known without building a task: leave --show and --task-options out")
    if as_json:
        say_json(task_rows(name))
    elif name is None:
        print_tasks()
    else:
        print_task(name, show, task_options or {})
