"""Heavy libraries load where they are used, and no room reaches into another; import-linter checks the order."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import frostformer

SOURCE = Path(frostformer.__file__).parent
WITHOUT_TORCH = (
    "config",
    "errors",
    "results.result",
    "results.seeds",
    "report.page",
    "studies.answers",
    "studies.planning",
    "studies.registry",
    "tasks.registry",
)
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
each_file = pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)


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


def libraries(names: set[str]) -> set[str]:
    """Top-level names of what is imported from outside."""
    return {name.split(".")[0] for name in names} - {"frostformer"}


@each_file
def test_heavy_libraries_load_where_they_are_used(path):
    base_classes = {"sklearn"} if path == SOURCE / "deploy/estimators.py" else set()
    assert not libraries(imports(path, at_load=True)) & HEAVY - base_classes


@each_file
def test_no_private_name_is_imported_from_another_room(path):
    room = path.relative_to(SOURCE).parts[0]
    for name in imports(path, at_load=False):
        parts = name.split(".")
        if parts[0] == "frostformer" and parts[1:2] != [room]:
            assert not any(part.startswith("_") for part in parts), name


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_init_files_load_nothing(path):
    names = imports(path, at_load=True)
    assert not {name for name in names if name.startswith("frostformer")}
    assert not libraries(names) & (HEAVY | {"torch", "numpy"})


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_no_torch_is_loaded_in_truth(name):
    code = f"import sys, frostformer.{name}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(SOURCE.parent)})


def test_the_reader_of_imports_sees_what_it_should(tmp_path):
    checked = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
    tried = "try:\n    from c.d import e\nexcept ImportError:\n    pass\n"
    inner = "def f():\n    import g\nclass C:\n    import h\n"
    (tmp_path / "file.py").write_text(checked + tried + inner)
    assert imports(tmp_path / "file.py", at_load=True) == {"b", "c.d.e", "h"}
    assert imports(tmp_path / "file.py", at_load=False) == {"a", "b", "c.d.e", "g", "h"}
