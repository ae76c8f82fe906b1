"""Take the README's screenshot of a wrong answer: python -m autograder.tests.browser.picture"""

import tempfile
from pathlib import Path

from autograder.authoring import known_answers
from autograder.demo import solution
from autograder.tests.browser import server
from autograder.tests.browser.lab import Lab
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from autograder.workspace.paths import DATA

TARGET = DATA / "images" / "check.png"
STEP, EXERCISE, SLIP = "02_positional_encoding", "positional_encoding", "x-before-y"


def main() -> None:
    """Fill in a slip, run the notebook to its check, and save what JupyterLab shows."""
    [slip] = [
        known for known in known_answers.slips(STEP) if (known.exercise, known.id) == (EXERCISE, SLIP)
    ]
    answers = solution(STEP)
    answers[f"todo_{EXERCISE}"] = answers[f"todo_{EXERCISE}"].replace(*slip.replacements[0])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        server.unpack_bundle(root)
        week1 = server.week1(root, "fresh")
        fill_notebook(week1, STEP, **answers)
        with server.jupyterlab(root, PYTHONPATH=str(week1.parent)) as running:
            with server.chromium() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 480})
                lab = Lab(page, running)
                lab.open(week1 / f"{STEP}.ipynb")
                check = lab.cell(f"tests_{EXERCISE}")
                lab.run_through(check)
                check.evaluate("cell => cell.scrollIntoView({block: 'end'})")
                page.screenshot(path=TARGET)


if __name__ == "__main__":
    main()
