"""The house: arrows point down, rooms and modules stay small. autograder/README.md has the map."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.workspace.paths import AUTOGRADER, DETRLAB

# From the top down: each may import what stands below it, and nothing above.
HOUSE = (
    *(
        "__main__",
        "commands",
        "demo",
        "reports",
        "gradebook",
        "judging",
        "hidden",
        "sandbox",
        "submissions",
    ),
    *("trainings", "authoring", "workspace"),
)
OUTSIDE = {"nbgrader_config", "course", "labconfig", "tests"}  # settings, a class, the tests
TESTS = {"detrlab", "reference", "end_to_end", "attacks", "browser", "benchmarks"}  # beside the rooms
# One module a step or a case: as many as there are.
ONE_A_CASE = ("hidden/week", "checks/probes/week", "alternatives/", "attacks/")
MOST_MODULES, MOST_AT_THE_TOP_OF_DETRLAB = 12, 20
LONGEST, LONGEST_IN_DETRLAB = 250, 200


def modules(folder: Path) -> list[Path]:
    """List the Python files of a folder and of those in it; not those of a class."""
    return [path for path in sorted(folder.rglob("*.py")) if "course" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports anywhere in it, from this project."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` imports the module.
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(dotted: str) -> str:
    """Return the room of a dotted name in autograder."""
    return dotted.split(".")[1]


def test_every_folder_of_autograder_is_a_room():
    entries = {path.stem for path in AUTOGRADER.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert entries - OUTSIDE - {"__init__", "__pycache__"} == set(HOUSE)


@pytest.mark.parametrize("room", HOUSE)
def test_arrows_point_down(room):
    folder = AUTOGRADER / room
    own = modules(folder) if folder.is_dir() else [AUTOGRADER / f"{room}.py"]
    for path in own:
        for name in imports(path):
            if name.startswith("autograder."):
                assert HOUSE.index(room_of(name)) >= HOUSE.index(room), f"{path} imports {name}"


def test_detrlab_never_imports_autograder():
    for path in DETRLAB.rglob("*.py"):
        assert not [name for name in imports(path) if name.startswith("autograder")], path


def test_no_two_folders_of_detrlab_import_each_other():
    arrows = set()
    for path in DETRLAB.rglob("*.py"):
        own = path.relative_to(DETRLAB).parts[0]
        for name in imports(path):
            other = name.removeprefix("detrlab.").split(".")[0]
            if name.startswith("detrlab.") and (DETRLAB / other).is_dir() and other != own:
                arrows.add((own, other))
    assert arrows, "nothing was read"
    assert not {(own, other) for own, other in arrows if (other, own) in arrows}


def test_no_modules_import_each_other_in_a_circle():
    graph: dict[str, set[str]] = {}
    for package in (AUTOGRADER, DETRLAB):
        for path in modules(package):
            if "tests" not in path.parts:
                graph[dotted(path)] = set(imports(path))
    known = {name: {target for target in targets if target in graph} for name, targets in graph.items()}
    for name, targets in graph.items():  # `from a.b import c`, where c is no module
        known[name] |= {target.rpartition(".")[0] for target in targets} & graph.keys() - {name}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for target in sorted(known[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in known:
        visit(name, ())


def dotted(path: Path) -> str:
    """Return a module's name; a package is called by its folder."""
    top = AUTOGRADER.parent if path.is_relative_to(AUTOGRADER) else DETRLAB.parent
    parts = path.relative_to(top).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("package", [AUTOGRADER, DETRLAB], ids=["autograder", "detrlab"])
def test_folders_hold_few_modules(package):
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        name = f"{folder.relative_to(package.parent).as_posix()}/"
        if "course/" in name or any(part in name for part in ONE_A_CASE):
            continue
        most = MOST_AT_THE_TOP_OF_DETRLAB if folder == DETRLAB else MOST_MODULES
        # `__init__.py` counts, but in the tests, where it is empty.
        own = [
            path.name
            for path in folder.glob("*.py")
            if "tests" not in path.parts or path.stem != "__init__"
        ]
        assert len(own) <= most, f"{name} holds {len(own)}: {', '.join(sorted(own))}"


@pytest.mark.parametrize("package", [AUTOGRADER, DETRLAB], ids=["autograder", "detrlab"])
def test_modules_are_short(package):
    most = LONGEST_IN_DETRLAB if package == DETRLAB else LONGEST
    lengths = {str(path): path.read_text(encoding="utf-8").count("\n") for path in modules(package)}
    assert not {path: length for path, length in lengths.items() if length > most}


def test_tests_lie_in_the_folders_of_what_they_test():
    folders = {path.name for path in (AUTOGRADER / "tests").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} <= {*HOUSE, *TESTS}
