"""A learner's day in the browser: wrong and right answers, Validate, widgets, the submitted notebook."""

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


def test_learner_corrects_answer_validates_and_submits(lab, week1, tmp_path):
    lab.open(week1("fresh") / f"{STEP}.ipynb")
    lab.run_all()
    todo, check = lab.cell(f"todo_{EXERCISE}"), lab.cell(f"tests_{EXERCISE}")
    assert lab.output(check) == f"○ {EXERCISE}: nothing here yet"

    [slip] = [known for known in known_answers.slips(STEP) if known.id == SLIP]
    answer = solution(STEP)[f"todo_{EXERCISE}"]
    lab.write(todo, answer.replace(*slip.replacements[0]))
    lab.run(todo)
    output = lab.run(check)
    assert f"✗ {slip.message}" in " ".join(output.split())
    assert "Your answer beside the expected one" in output  # the picture's alt text

    lab.write(todo, answer)
    lab.run(todo)
    assert lab.run(check) == f"✓ {EXERCISE}"
    lab.save()
    assert_hint_progress_and_compare_work(lab)
    assert_validate_names_unwritten_answer(lab)
    assert_submitted_notebook_passes(lab, tmp_path)


def assert_hint_progress_and_compare_work(lab):
    """progress() shows what passed; a student's copy has no solutions, and compare() reports that."""
    helper = lab.add_below(lab.cell(f"tests_{EXERCISE}"))
    lab.write(helper, f'hint("{EXERCISE}")\nprogress()\ncompare("{EXERCISE}")')
    output = lab.run(helper)
    assert output.startswith("Hint 1 · ")
    assert "Next: box_cxcywh_to_xyxy, in 00_set_prediction." in output
    assert "this copy of the course has no solutions" in output
    row = helper.get_by_role("table").get_by_role("row", name=STEP)
    expect(row.get_by_role("img", name="passed")).to_have_count(1)
    lab.save()


def assert_validate_names_unwritten_answer(lab):
    """Validate names what does not pass, and nothing else."""
    lab.page.get_by_text("Validate", exact=True).click()
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog.get_by_text("Validation Results")).to_be_visible(timeout=RUN)
    text = dialog.inner_text()
    assert "○ encoder: nothing here yet" in text
    assert f"check.{EXERCISE}(" not in text and "Success" not in text
    dialog.get_by_role("button", name="Ok").click()


def assert_submitted_notebook_passes(lab, tmp_path):
    """The saved notebook, submitted as a zip, is accepted, and its answer passes the hidden check."""
    make_release(tmp_path / "course", [STEP])
    (tmp_path / "inbox").mkdir()
    with zipfile.ZipFile(tmp_path / "inbox" / "ada.zip", "w") as archive:
        archive.write(lab.path, f"week1/{STEP}.ipynb")
    [record] = collect(tmp_path / "inbox", tmp_path / "course")
    assert (record.student, record.step, record.taken) == ("ada", STEP, True)
    [notebook] = (tmp_path / "course" / "submitted").rglob("*.ipynb")
    assert judge_file(notebook)[EXERCISE].state == "passed"


def find_widget_cell(lab, call):
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
def test_every_widget_changes_the_picture(lab, week1, step, call, sliders, menus):
    lab.open(week1("solved") / f"{step}.ipynb")
    cell = find_widget_cell(lab, call)
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
