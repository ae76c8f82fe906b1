"""Formgrader in the browser: its button grades as the command does."""

import pytest
from playwright.sync_api import expect

from autograder.authoring.release import make_release
from autograder.gradebook.grade import grade
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.attacks.files import read_attacks, right_answer
from autograder.tests.attacks.submitting import fill_in, points_of, write_notebook
from autograder.tests.browser import server
from autograder.workspace.files import read_json
from autograder.workspace.paths import AUTOGRADER

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.xdist_group("browser")]
STEP, EXERCISE = "00_set_prediction", "box_cxcywh_to_xyxy"


@pytest.fixture
def course(tmp_path):
    """Make a course with a right answer and an attack, submitted and not yet graded."""
    make_release(tmp_path / "course", only=[STEP])
    release = read_json(tmp_path / "course" / "release" / STEP / f"{STEP}.ipynb")
    attack = next(attack for attack in read_attacks() if attack.student.endswith("patch_the_judge"))
    for student, answer in (("ada", right_answer(EXERCISE)), ("mallory", attack.source)):
        notebook = fill_in(release, {EXERCISE: answer})
        write_notebook(tmp_path / "inbox" / student, f"{STEP}.ipynb", notebook)
    collect(tmp_path / "inbox", tmp_path / "course")
    return tmp_path / "course"


def test_button_of_formgrader_grades_like_grade(chromium, course):
    settings = {"DETR_COURSE": str(course), "JUPYTER_CONFIG_PATH": str(AUTOGRADER)}
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    with server.jupyterlab(course.parent, **settings) as running:
        page.goto(f"{running.url}/lab?token={running.token}")  # later requests need no token
        page.goto(f"{running.url}/formgrader/manage_submissions/{STEP}")
        for student in ("ada", "mallory"):
            row = page.locator("tr").filter(has=page.get_by_text(student, exact=True))
            row.locator(".autograde a").click()
            expect(page.get_by_text(f"for student '{student}'")).to_be_visible(timeout=300_000)
            page.screenshot(path=course.parent / f"{student}.png")
            page.get_by_text("OK", exact=True).click()
        page.close()
    scores = {row.student: row.score for row in read_results(course).results}
    assert scores == {"ada": points_of(EXERCISE), "mallory": 0}
    assert grade(course) == [], "what the button has graded is not graded again"
