"""Runs a Python file of the user's own before anything else, so that it can give tasks and backbones a name."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

from frostformer.errors import InputError


def load_plugin(path: str | None) -> None:
    """Run the file at `path`, once in a process; with None nothing is run.

    Raises:
        InputError: there is no such file, or it fails.
    """
    if path is None:
        return
    file = Path(path).resolve()
    name = f"frostformer_plugin_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return
    if not file.is_file():
        raise InputError(f"plugin {path}: there is no such file; give the Python file that registers your tasks")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"plugin {path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        if isinstance(error, InputError):
            raise
        raise InputError(f"plugin {path} failed with {type(error).__name__}: {error}; mend the file") from error
