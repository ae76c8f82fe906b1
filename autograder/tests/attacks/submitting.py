"""Submit the attacks, malformed submissions and model files, each as a student of its own."""

import json
from collections.abc import Callable
from pathlib import Path

from autograder.authoring.exercises import exercises_of, step_of
from autograder.submissions.rebuild import Notebook, grade_id
from autograder.tests.attacks import (
    archives,
    edited_notebooks,
    look_alikes,
    malformed,
    oversized,
    unreadable_files,
)
from autograder.tests.attacks.files import Attack, read_attacks, right_answer, wrong_answer
from autograder.tests.attacks.malformed import MalformedSubmission
from autograder.tests.attacks.model_files import ModelFile
from autograder.tests.attacks.model_reuse import MODEL_FILES
from detrlab.checkpoint import NAME, TRAINED_IN

ATTACKS = read_attacks()
MALFORMED = [
    *unreadable_files.SUBMISSIONS,
    *edited_notebooks.SUBMISSIONS,
    *archives.SUBMISSIONS,
    *look_alikes.SUBMISSIONS,
    *oversized.SUBMISSIONS,
]
Releases = dict[str, Notebook]  # by step
# Students who submit honest work, with the function that gives their answer to each exercise.
HONEST: dict[str, dict[str, Callable[[str], str]]] = {
    "b-right": {"box_cxcywh_to_xyxy": right_answer, "generalized_box_iou": right_answer},
    "k-half": {"box_cxcywh_to_xyxy": right_answer},
    "n-wrong": {"generalized_box_iou": wrong_answer},
    "z-right": {"encoder_layer": right_answer, "encoder": right_answer},
}


def fill_in(release: Notebook, answers: dict[str, str]) -> Notebook:
    """Return a copy of a release with answers to some exercises."""
    notebook = json.loads(json.dumps(release))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(grade_id(cell).removeprefix("todo_"), cell["source"])
    return notebook


def write_notebook(folder: Path, name: str, notebook: Notebook) -> None:
    """Write a notebook into a student's folder of an inbox."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def points_of(exercise: str) -> float:
    """Return the points of an exercise."""
    step, _ = step_of(exercise)
    return next(other.points for other in exercises_of(step) if other.name == exercise)


def submit_honest(inbox: Path, releases: Releases) -> None:
    """Submit the work of the honest students."""
    for student, make_answers in HONEST.items():
        answers = {exercise: make_answer(exercise) for exercise, make_answer in make_answers.items()}
        for step in {step_of(exercise)[0] for exercise in answers}:
            write_notebook(inbox / student, f"{step}.ipynb", fill_in(releases[step], answers))


def submit_attack(inbox: Path, releases: Releases, attack: Attack) -> None:
    """Submit an attack."""
    step, _ = step_of(attack.exercise)
    notebook = fill_in(releases[step], {attack.exercise: attack.source})
    write_notebook(inbox / attack.student, f"{step}.ipynb", notebook)


def submit_malformed(inbox: Path, releases: Releases, submission: MalformedSubmission) -> None:
    """Submit something malformed, made of a notebook with a right answer."""
    folder = inbox / malformed_student(submission)
    folder.mkdir()
    answers = {malformed.EXERCISE: right_answer(malformed.EXERCISE)}
    submission.submit(folder, fill_in(releases[malformed.STEP], answers))
    if not any(folder.iterdir()):
        folder.rmdir()  # a zip beside it was submitted


def submit_model_file(inbox: Path, releases: Releases, model_file: ModelFile) -> None:
    """Submit a file in the place of a trained model, and the class for it in a cell of the notebook."""
    folder = inbox / model_student(model_file)
    folder.mkdir()
    model_file.write(folder / NAME)
    if model_file.source:
        notebook = fill_in(releases[TRAINED_IN], {})
        cell = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].append(cell | {"source": model_file.source})
        write_notebook(folder, f"{TRAINED_IN}.ipynb", notebook)


def submit_attacks(inbox: Path, releases: Releases) -> None:
    """Submit everything hostile or malformed."""
    for attack in ATTACKS:
        submit_attack(inbox, releases, attack)
    for submission in MALFORMED:
        submit_malformed(inbox, releases, submission)
    for model_file in MODEL_FILES:
        submit_model_file(inbox, releases, model_file)


def malformed_student(submission: MalformedSubmission) -> str:
    """Return the name under which a malformed submission is submitted."""
    return f"malformed-{submission.name}"


def model_student(model_file: ModelFile) -> str:
    """Return the name under which a model file is submitted."""
    return f"weights-{model_file.name}"
