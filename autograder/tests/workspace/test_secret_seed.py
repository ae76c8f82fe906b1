"""From no number that leaks does another follow: one purpose, one derived seed."""

import ast
from pathlib import Path

import pytest
import torch

from autograder.gradebook.grade import grade
from autograder.hidden import cases, checking
from autograder.judging import trained_model
from autograder.reports.class_report import write_class_report
from autograder.reports.results import read_results, write_scores
from autograder.workspace.paths import AUTOGRADER
from autograder.workspace.secret_seed import derive
from detrlab.checks.errors import CheckFailed
from detrlab.toy import make_synthetic_sample

pytestmark = pytest.mark.xdist_group("workspace")  # tests that share a course run in one process
SEED = 0xFEED_5EED_0123_4567_89AB_CDEF
ROOMS = ("commands", "reports", "gradebook", "judging", "hidden", "sandbox", "submissions", "workspace")
# Whatever makes a generator, or is given its seed.
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.BitXor, ast.LShift, ast.RShift)
SEEDING = {"manual_seed", "seed", "set_state", "setstate", "RandomState", "SeedSequence", "default_rng"}
SEEDING |= {"MT19937", "PCG64", "Philox", "SFC64", "Random", "make_synthetic_sample"}
SEEDING |= {
    "ToyDetectionDataset",
    "toy_six",
    "fork_rng",
    "set_rng_state",
    "randint",
    "randrange",
    "random",
}


def modules() -> list[Path]:
    """List the modules of the rooms that judge and what stands above them."""
    return [path for room in ROOMS for path in sorted((AUTOGRADER / room).rglob("*.py"))]


def name_of(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_generators_are_seeded_in_known_places_only():
    """In each with derived seeds, or with a constant: the tests below look at the numbers."""
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_drawn = isinstance(node, ast.Call) and "generator" in {word.arg for word in node.keywords}
            if isinstance(node, ast.Call) and name_of(node.func) in SEEDING and not is_drawn:
                found.add((path.relative_to(AUTOGRADER).as_posix(), name_of(node.func)))
    assert found == {
        ("hidden/cases.py", "manual_seed"),
        ("judging/models/reliance.py", "Random"),
        ("judging/models/reliance.py", "manual_seed"),
        ("judging/models/signature.py", "RandomState"),  # of sketches, the same for everybody
        ("judging/trained_model.py", "make_synthetic_sample"),
    }


def test_no_seed_is_computed_from_another():
    """By anything but `derive`, like the seed + 1 that it once was."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC):
                sides = {name_of(node.left), name_of(node.right)}
                assert not {side for side in sides if "seed" in side.lower() or side == "secret"}, path


def test_derived_seeds_depend_on_everything_and_on_its_boundaries():
    arguments = [(SEED,), (SEED + 1,), (SEED, "a"), (SEED, "a", 0), (SEED, "a", 1), (SEED, "a", "0")]
    arguments += [(SEED, "a0"), (SEED, "a", "0", 1), (SEED, "a", 0, "1"), (SEED, 'a", "0')]
    seeds = [derive(secret, "purpose", *details) for secret, *details in arguments]
    seeds += [derive(SEED, "purpose of another kind"), derive(SEED, "purposea")]
    assert len(set(seeds)) == len(seeds)
    assert len({seed % 2**32 for seed in seeds}) == len(seeds), "torch uses 32 bits"
    assert all(0 <= seed < 2**63 for seed in seeds) and seeds[0] == derive(SEED, "purpose")
    torch.Generator().manual_seed(max(seeds))


@pytest.fixture
def given_seeds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the generators of hidden cases and images are seeded with, in this test."""
    seeds: list[int] = []
    draw, make = cases.draw_cases, trained_model.make_synthetic_sample

    def draw_cases(exercise: str, seed: int, reference: object) -> list:
        seeds.append(seed)
        return draw(exercise, seed, reference)

    def make_sample(seed: int, index: int) -> tuple:
        seeds.append(seed)
        assert index == 0
        return make(seed, index)

    monkeypatch.setattr(checking, "draw_cases", draw_cases)
    monkeypatch.setattr(trained_model, "make_synthetic_sample", make_sample)
    checking.reference_trial.cache_clear()
    trained_model.hidden_images.cache_clear()
    return seeds


def test_exercises_draws_and_images_have_seeds_that_have_nothing_in_common(given_seeds, monkeypatch):
    monkeypatch.setattr(trained_model, "IMAGES", 6)
    for exercise in ("box_cxcywh_to_xyxy", "generalized_box_iou", "sine_1d"):
        for draw in (0, 1):
            with pytest.raises(CheckFailed):
                checking.check(exercise, lambda *_: None, SEED, draw)
    first, second = (cases.draw_cases("sine_1d", seed, lambda _: None) for seed in given_seeds[-2:])
    assert not torch.equal(first[1]["position"], second[1]["position"])
    trained_model.hidden_images(SEED)
    trained_model.hidden_images.cache_clear()
    assert len(given_seeds) == len(set(given_seeds)) == 12
    gaps = {abs(one - other) for one in given_seeds for other in given_seeds if one is not other}
    assert min(gaps) > 2**32, "no two are neighbours"
    assert not {seed & SEED for seed in given_seeds} & {SEED} and SEED not in given_seeds


def test_one_leaked_image_tells_no_other(monkeypatch):
    """The attack of old: its seed is recovered, and the other images follow by their numbers."""
    monkeypatch.setattr(trained_model, "IMAGES", 4)
    trained_model.hidden_images.cache_clear()
    images = [image for image, _ in trained_model.hidden_images(SEED)]
    trained_model.hidden_images.cache_clear()
    recovered = derive(SEED, "image of the trained model", 2)
    assert torch.equal(make_synthetic_sample(recovered, 0)[0], images[2])
    others = [image for number, image in enumerate(images) if number != 2]
    for seed in (recovered, recovered + 1, recovered - 1):
        for index in range(len(images)):
            drawn = make_synthetic_sample(seed, index)[0]
            assert not any(torch.equal(drawn, image) for image in others)


def test_nothing_that_grading_writes_holds_the_seed(course: Path):
    """Nor a number of which it is a part, in any file but its own."""
    (course / "secret_seed.txt").write_text(f"{SEED}\n")
    grade(course)
    results = read_results(course)
    write_class_report(results), write_scores(results)
    forms = [str(SEED), f"{SEED:x}", f"{SEED:X}", str(SEED)[:20], str(SEED)[-20:]]
    forms += [SEED.to_bytes(16, order).hex() for order in ("big", "little")]
    written = [path for path in course.rglob("*") if path.is_file() and path.name != "secret_seed.txt"]
    assert {"gradebook.db", "report.html", "intake.json"} <= {path.name for path in written}
    for path in written:
        content = path.read_bytes()
        assert not [form for form in forms if form.encode() in content], path
        if path.suffix == ".json":
            assert b'"seed"' not in content, path
