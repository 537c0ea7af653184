"""The package works on a system without what only some have: Windows has no `resource`, `fcntl` or `os.sysconf`."""

import os
import subprocess
import sys
from pathlib import Path

import frostformer

WITHOUT = """
import importlib, os, pkgutil, sys
for name in ("resource", "fcntl"):
    sys.modules[name] = None
del os.sysconf, os.getloadavg
"""
EVERYTHING = """
import frostformer
for module in pkgutil.walk_packages(frostformer.__path__, "frostformer."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
A_RUN = """
import frostformer as ff
from pathlib import Path
out = Path(sys.argv[1])
ff.run(ff.RunConfig(backbone="identity", width=8, steps=2, evaluate_every=1, batch_size=4, device="cpu"), out / "run")
(out / "bits.jsonl").write_text("[0,1,0,1,1,1,1,0,0,1]")
print(ff.predict(out / "run", out / "bits.jsonl").shape)
from frostformer.report.page import write_report
write_report([ff.read_result(out / "run")], out / "report.html")
"""


def python(code: str, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(Path(frostformer.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_loads_and_a_run_goes_through_without_them(tmp_path):
    assert python(WITHOUT + EVERYTHING + A_RUN, str(tmp_path)).strip() == "(1, 5)"
    assert (tmp_path / "report.html").exists()
