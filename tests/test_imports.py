"""Every import points forward; what reads results never loads torch; heavy libraries load where they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import frostformer

SOURCE = Path(frostformer.__file__).parent
ORDER = (
    "errors",
    "files",
    "config",
    "data",
    "readers.idx",
    "datafiles",
    "readers.cifar",
    "readers.lra",
    "readers.tape",
    "text",
    "tasks.task",
    "tasks.bits",
    "tasks.augmentation",
    "tasks.images",
    "tasks.listops_trees",
    "tasks.listops",
    "tasks.proteins",
    "tasks.catalog",
    "backbones.backbone",
    "backbones.int8",
    "backbones.last_block",
    "backbones.huggingface",
    "backbones.shapes",
    "backbones.vision",
    "backbones.weights",
    "backbones.loading",
    "backbones.lstm",
    "backbones.controls",
    "backbones.catalog",
    "backbones.extensions",
    "model",
    "freezing",
    "evaluation",
    "features",
    "cost",
    "checkpoints",
    "optimizers",
    "training",
    "adapters",
    "attention",
    "results",
    "job",
    "cohort",
    "run",
    "prediction",
    "objectives.objective",
    "objectives.language",
    "objectives.bit_memory",
    "objectives.catalog",
    "pretraining",
    "statistics",
    "report.svg",
    "report.page",
    "listing",
    "console",
    "experiments",
    "sweep",
    "benchmark.clock",
    "benchmark.cases",
    "benchmark.official",
    "benchmark.recipes",
    "benchmark.trainer",
    "benchmark.memory",
    "benchmark.rows",
    "benchmark.measurements",
    "benchmark.table",
    "benchmark.suite",
    "cli",
)
WITHOUT_TORCH = ("errors", "files", "config", "results", "statistics", "experiments", "report.svg", "report.page")
TORCH = {"torch", "transformers", "accelerate", "safetensors"}
HEAVY = {
    "transformers",
    "accelerate",
    "peft",
    "sklearn",
    "tokenizers",
    "requests",
    "pyarrow",
    "matplotlib",
    "huggingface_hub",
}
KNOW_TASKS_BY_THEIR_SHAPE = ("model", "freezing", *(name for name in ORDER if name.startswith("backbones.")))

FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
    for path in sorted(SOURCE.rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
}
each_file = pytest.mark.parametrize("name", FILES)


def imports(path: Path, *, at_load: bool) -> set[str]:
    """Dotted names that a file imports: anywhere, or only those that loading the file carries out."""
    found = set()
    waiting = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import in line {node.lineno}"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif at_load and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        elif at_load and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)
    return found


def package_modules(names: set[str]) -> set[str]:
    """The modules of the package, of those imported; `""` stands for a name taken from `__init__`."""
    inside = {
        name.removeprefix("frostformer").removeprefix(".") for name in names if name.split(".")[0] == "frostformer"
    }
    return {next((m for m in FILES if name == m or name.startswith(f"{m}.")), "") for name in inside}


def libraries(names: set[str]) -> set[str]:
    """Top-level names of what is imported from outside."""
    return {name.split(".")[0] for name in names} - {"frostformer"}


def loaded_with(name: str) -> set[str]:
    """A module and all modules of the package that loading it loads."""
    found, waiting = set(), [name]
    while waiting:
        if (module := waiting.pop()) not in found:
            found.add(module)
            waiting += package_modules(imports(FILES[module], at_load=True))
    return found


def test_every_file_has_its_place_in_the_order():
    assert set(FILES) <= set(ORDER), "a new file needs a place in ORDER"


def place(module: str) -> int:
    """From foundation to command line; a file without a place is reported by the test above."""
    return ORDER.index(module) if module in ORDER else len(ORDER)


@each_file
def test_every_import_points_forward(name):
    for module in package_modules(imports(FILES[name], at_load=False)):
        assert module, f"{name} imports from `frostformer/__init__.py`: import from the file that defines the name"
        assert place(module) < place(name), f"{name} imports {module}, which comes later"


@each_file
def test_heavy_libraries_load_where_they_are_used(name):
    assert not libraries(imports(FILES[name], at_load=True)) & HEAVY


@pytest.mark.parametrize("name", [name for name in WITHOUT_TORCH if name in FILES])
def test_what_reads_results_never_loads_torch(name):
    for module in loaded_with(name):
        assert not libraries(imports(FILES[module], at_load=True)) & TORCH, f"{name} loads {module}"


def test_no_torch_is_loaded_in_truth():
    modules = ", ".join(f"frostformer.{name}" for name in WITHOUT_TORCH if name in FILES)
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(SOURCE.parent)})


@pytest.mark.parametrize("name", KNOW_TASKS_BY_THEIR_SHAPE)
def test_models_know_a_task_by_its_shape_only(name):
    known = {module for module in package_modules(imports(FILES[name], at_load=False)) if module.startswith("tasks.")}
    assert known <= {"tasks.task"}


def test_training_knows_no_files():
    names = imports(FILES["training"], at_load=False)
    assert not libraries(names) & {"pathlib", "os", "json", "safetensors"}
    assert "checkpoints" not in package_modules(names)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_init_files_load_nothing(path):
    names = imports(path, at_load=True)
    assert not package_modules(names)
    assert not libraries(names) & (TORCH | HEAVY)


def test_the_reader_of_imports_sees_what_it_should(tmp_path):
    checked = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
    tried = "try:\n    from c.d import e\nexcept ImportError:\n    pass\n"
    inner = "def f():\n    import g\nclass C:\n    import h\n"
    (tmp_path / "file.py").write_text(checked + tried + inner)
    assert imports(tmp_path / "file.py", at_load=True) == {"b", "c.d.e", "h"}
    assert imports(tmp_path / "file.py", at_load=False) == {"a", "b", "c.d.e", "g", "h"}
    assert package_modules({"frostformer.run", "frostformer.errors.InputError", "frostformer.Nothing"}) == {
        "run",
        "errors",
        "",
    }
