"""Make the zip that students get."""

import tempfile
import zipfile
from pathlib import Path

from autograder.authoring.release import build_notebooks
from autograder.workspace.paths import DATA, ROOT


def make_bundle(target: Path = ROOT / "dist" / "detr-from-scratch.zip") -> Path:
    """Zip notebooks, data, the environment and the students' README; return the zip's path.

    The notebooks are built for it, since those in notebooks/week1 may hold answers.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [ROOT / "environment.yml", ROOT / "pyproject.toml", ROOT / "LICENSE"]
    files += sorted((ROOT / "notebooks" / "detrlab").rglob("*.py"))
    files += [path for path in sorted(DATA.rglob("*")) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        built = {path.name: path.read_bytes() for path in build_notebooks(Path(folder))}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            name = path.relative_to(ROOT)
            if not any(part.startswith((".", "__pycache__")) for part in name.parts):
                add(archive, f"detr-from-scratch/{name.as_posix()}", path.read_bytes())
        for notebook, content in built.items():
            add(archive, f"detr-from-scratch/notebooks/week1/{notebook}", content)
        add(
            archive,
            "detr-from-scratch/README.md",
            (ROOT / "autograder/authoring/student.md").read_bytes(),
        )
    return target


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file with a fixed date, so that two bundles of the same files are byte-identical."""
    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
