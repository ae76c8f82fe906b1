"""The zip for students holds all that they need, and no answer."""

import json
import zipfile
from collections.abc import Iterator

import pytest

from autograder.authoring.bundle import make_bundle
from autograder.authoring.sources import all_steps, read_source

# One process builds, so that the bundle is made once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]

SECRET_MARKS = ("BEGIN SOLUTION", "BEGIN HIDDEN", "Model answer.", "Rubric.", "import hidden")


def secret_lines() -> Iterator[str]:
    """Yield the long lines of solutions, model answers and hidden checks, which nothing else has."""
    for step in all_steps():
        for cell in read_source(step).cells:
            role = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("_")[0]
            is_secret = role == "written"
            for line in cell.source.split("\n"):
                if "### BEGIN" in line or "### END" in line:
                    is_secret = "BEGIN" in line
                elif is_secret and len(line.strip()) >= 24:
                    yield line.strip()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle that was made while the folder of notebooks had somebody's answers in it."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "00_set_prediction.ipynb").write_text("my answers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.authoring.release.NOTEBOOKS", folder)
        return make_bundle(folder / "bundle.zip")


def test_bundle_holds_no_answer(bundle):
    with zipfile.ZipFile(bundle) as archive:
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    names = " ".join(texts)
    assert "autograder" not in names and "solutions" not in names
    assert {"environment.yml", "pyproject.toml", "README.md"} <= {n.split("/")[-1] for n in texts}
    assert "my answers" not in texts.values() and len(set(texts)) == len(texts)
    secrets = list(secret_lines())
    assert len(secrets) > 20
    for name, text in texts.items():
        if name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
            assert not any(cell.get("outputs") for cell in cells), name
        for mark in SECRET_MARKS:
            assert mark not in text, (name, mark)
        for secret in secrets:
            assert secret not in text, (name, secret)


def test_two_bundles_are_identical(bundle, tmp_path):
    assert make_bundle(tmp_path / "bundle.zip").read_bytes() == bundle.read_bytes()
