"""The committed notebooks are those that a fresh build makes; a release that fails leaves the old one."""

import shutil

import pytest

from autograder.authoring.markers import SourceError
from autograder.authoring.release import build_notebooks, kept_on_failure
from autograder.authoring.sources import all_steps
from autograder.workspace.paths import NOTEBOOKS


@pytest.mark.xdist_group("build")  # one process builds notebooks and bundles, which each take seconds
def test_two_builds_are_identical_and_committed(tmp_path):
    first_build, second_build = (build_notebooks(tmp_path / name) for name in ("first", "second"))
    assert [path.stem for path in first_build] == all_steps()
    for first, second in zip(first_build, second_build, strict=True):
        assert first.read_bytes() == second.read_bytes()
        committed = NOTEBOOKS / first.name
        assert committed.read_bytes() == first.read_bytes(), f"{first.name}: run `make notebooks`"
    assert {p.name for p in NOTEBOOKS.glob("*.ipynb")} == {p.name for p in first_build}


def test_failed_release_leaves_the_old_one(tmp_path):
    """nbgrader deletes before it tries; without a release nothing could be graded any more."""
    release, source = tmp_path / "release", tmp_path / "source"
    release.mkdir()
    (release / "step.ipynb").write_text("{}")
    with pytest.raises(SourceError), kept_on_failure(release, source):
        shutil.rmtree(release)
        source.mkdir()
        raise SourceError("no")
    assert (release / "step.ipynb").read_text() == "{}" and not source.exists()
