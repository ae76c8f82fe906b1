"""A learner's day in the browser: run, go wrong, get it right, validate, move the widgets, hand in."""

import zipfile

import pytest
from playwright.sync_api import expect

from autograder.authoring import known_answers
from autograder.authoring.release import make_release
from autograder.demo import solution
from autograder.judging.judge import judge_file
from autograder.submissions.intake import collect
from autograder.tests.browser.lab import READY, RUN

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
STEP, EXERCISE = "03_encoder", "encoder_layer"
SLIP = "pos-on-values"


def test_a_day(lab, week1, tmp_path):
    """Open, run all, a wrong answer, a right one, compare, progress, Validate, hand in."""
    lab.open(week1("fresh") / f"{STEP}.ipynb")
    lab.run_all()
    todo, check = lab.cell(f"todo_{EXERCISE}"), lab.cell(f"tests_{EXERCISE}")
    assert lab.said(check) == f"○ {EXERCISE}: nothing here yet"

    [slip] = [known for known in known_answers.slips(STEP) if known.id == SLIP]
    right = solution(STEP)[f"todo_{EXERCISE}"]
    lab.write(todo, right.replace(slip.old, slip.new))
    lab.run(todo)
    said = lab.run(check)
    assert f"✗ {slip.message}" in " ".join(said.split())
    assert "Your answer beside the expected one" in said  # the picture's alt text

    lab.write(todo, right)
    lab.run(todo)
    assert lab.run(check) == f"✓ {EXERCISE}"
    lab.save()
    assert_helpers(lab)
    assert_validate(lab)
    assert_handed_in(lab, tmp_path)


def assert_helpers(lab):
    """progress() knows what passed; compare() says kindly that a student's copy has no solutions."""
    own = lab.add_below(lab.cell(f"tests_{EXERCISE}"))
    lab.write(own, f'hint("{EXERCISE}")\nprogress()\ncompare("{EXERCISE}")')
    said = lab.run(own)
    assert said.startswith("Hint 1 · ")
    assert "Next: box_cxcywh_to_xyxy, in 00_set_prediction." in said
    assert "this copy of the course has no solutions" in said
    row = own.get_by_role("table").get_by_role("row", name=STEP)
    expect(row.get_by_role("img", name="passed")).to_have_count(1)
    lab.save()


def assert_validate(lab):
    """Validate names what does not pass, and nothing else."""
    lab.page.get_by_text("Validate", exact=True).click()
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog.get_by_text("Validation Results")).to_be_visible(timeout=RUN)
    said = dialog.inner_text()
    assert "○ encoder: nothing here yet" in said
    assert f"check.{EXERCISE}(" not in said and "Success" not in said
    dialog.get_by_role("button", name="Ok").click()


def assert_handed_in(lab, tmp_path):
    """The saved notebook, zipped, is taken in, and its answer passes the hidden check."""
    make_release(tmp_path / "course", [STEP])
    (tmp_path / "inbox").mkdir()
    with zipfile.ZipFile(tmp_path / "inbox" / "ada.zip", "w") as archive:
        archive.write(lab.path, f"week1/{STEP}.ipynb")
    [record] = collect(tmp_path / "inbox", tmp_path / "course")
    assert (record.student, record.step, record.taken) == ("ada", STEP, True)
    [taken] = (tmp_path / "course" / "submitted").rglob("*.ipynb")
    assert judge_file(taken)[EXERCISE].state == "passed"


def widget_cell(lab, call):
    """Find the cell that makes a widget, by the call in its text."""
    sources = ["".join(cell["source"]) for cell in lab.saved_cells()]
    return lab.all_cells().nth(next(i for i, source in enumerate(sources) if call in source))


def picture(cell):
    """Find the picture below a cell's widgets."""
    return cell.locator(".jp-Cell-outputArea img").last


@pytest.mark.parametrize(
    ("step", "call", "sliders", "menus"),
    [
        ("00_set_prediction", "interactive(explore", 1, 0),
        ("06_matcher", "interactive(explore", 3, 0),
        ("10_attention", "viewer.explore(", 1, 2),
    ],
)
def test_every_widget_moves_the_picture(lab, week1, step, call, sliders, menus):
    lab.open(week1("solved") / f"{step}.ipynb")
    cell = widget_cell(lab, call)
    lab.run_through(cell)
    expect(picture(cell)).to_be_visible(timeout=READY)
    handles, choices = cell.locator(".noUi-handle"), cell.locator("select")
    assert (handles.count(), choices.count()) == (sliders, menus)
    for handle in handles.all():
        before = picture(cell).get_attribute("src")
        handle.focus()
        for _ in range(10):
            lab.page.keyboard.press("ArrowLeft")
        expect(picture(cell)).not_to_have_attribute("src", before, timeout=READY)
    for choice in choices.all():
        before = picture(cell).get_attribute("src")
        choice.select_option(index=1)
        expect(picture(cell)).not_to_have_attribute("src", before, timeout=READY)
    lab.save()
    saved = lab.path.read_text(encoding="utf-8")
    assert '"widgets"' not in saved, "widget state in the notebook's metadata"
