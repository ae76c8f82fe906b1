"""Formgrader, as an instructor uses it: its button grades on the same path as every other way."""

import pytest
from playwright.sync_api import expect

from autograder.authoring.release import make_release
from autograder.gradebook.grade import grade
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.attacks.files import read_attacks, right_answer
from autograder.tests.attacks.test_attacks import answer, put, worth
from autograder.tests.browser import server
from autograder.workspace.files import read_json
from autograder.workspace.paths import AUTOGRADER

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.xdist_group("browser")]
STEP, EXERCISE = "00_set_prediction", "box_cxcywh_to_xyxy"


@pytest.fixture
def course(tmp_path):
    """A course with one right answer and one attack, handed in and not yet graded."""
    make_release(tmp_path / "course", only=[STEP])
    release = read_json(tmp_path / "course" / "release" / STEP / f"{STEP}.ipynb")
    attack = next(one for one in read_attacks() if one.student.endswith("patch_the_judge"))
    for student, text in (("ada", right_answer(EXERCISE)), ("mallory", attack.source)):
        put(tmp_path / "inbox" / student, f"{STEP}.ipynb", answer(release, {EXERCISE: text}))
    collect(tmp_path / "inbox", tmp_path / "course")
    return tmp_path / "course"


def test_the_button_of_formgrader(chromium, course):
    settings = {"DETR_COURSE": str(course), "JUPYTER_CONFIG_PATH": str(AUTOGRADER)}
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    with server.jupyterlab(course.parent, **settings) as (address, token):
        page.goto(f"{address}/lab?token={token}")  # to be known from here on
        page.goto(f"{address}/formgrader/manage_submissions/{STEP}")
        for student in ("ada", "mallory"):
            row = page.locator("tr").filter(has=page.get_by_text(student, exact=True))
            row.locator(".autograde a").click()
            expect(page.get_by_text(f"for student '{student}'")).to_be_visible(timeout=300_000)
            page.screenshot(path=course.parent / f"{student}.png")
            page.get_by_text("OK", exact=True).click()
        page.close()
    scores = {row.student: row.score for row in read_results(course).results}
    assert scores == {"ada": worth(EXERCISE), "mallory": 0}
    assert grade(course) == [], "what the button graded, nobody has to grade again"
