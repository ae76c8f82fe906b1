"""detrlab.checks.observing: what is said of an error, by whose code it is, and what an outcome keeps."""

import gc
import weakref

import pytest
from torch import nn

from autograder.authoring.known_answers import replaced
from autograder.authoring.sources import code_cells
from autograder.hidden.known_verdicts import answer
from detrlab.checks.errors import CheckFailed, LearnerBug
from detrlab.checks.observing import observe
from detrlab.checks.probing import Probe, find


def failure(learner: object, exercise: str, case: dict) -> LearnerBug:
    outcome = observe(find(exercise), learner, case)
    assert isinstance(outcome.failure, LearnerBug)
    return outcome.failure


def test_error_in_the_learners_cell_is_said_of_their_code():
    step, exercise = "02_positional_encoding", "sine_1d"
    changed = [("i = torch.arange(", "i = torch.no_such_name(")]
    learner = answer(replaced(code_cells(step), exercise, changed, "test"), step, exercise)
    found = failure(learner, exercise, {"position": None, "n_features": 4, "temperature": 1.0})
    assert str(found).startswith("your code raised AttributeError: ")
    assert found.frames


@pytest.mark.parametrize(
    ("learner", "error"), [(5, "TypeError"), (lambda: None, "TypeError"), (None, "TypeError")]
)
def test_error_of_our_use_is_not_said_of_the_learners_code(learner, error):
    found = failure(learner, "sine_1d", {"position": None, "n_features": 4, "temperature": 1.0})
    assert str(found).startswith(f"it cannot be used as it should be: {error}: ")
    assert (found.error, found.frames) == (error, [])


def test_attribute_that_only_the_check_asks_for_is_not_said_to_be_the_learners_error():
    def ask(learner, case):
        yield "its state", learner.state_dict()

    outcome = observe(Probe(ask), object(), {})
    assert str(outcome.failure).startswith("it cannot be used as it should be: AttributeError: ")


@pytest.mark.parametrize("error", [ValueError, CheckFailed])
def test_kept_outcome_of_an_error_keeps_no_model_alive(error):
    made = []

    def build_and_raise(learner, case):
        model = nn.Linear(2, 2)
        made.append(weakref.ref(model))
        raise error("no")
        yield

    outcome = observe(Probe(build_and_raise), object(), {})
    gc.collect()
    assert outcome.failure is not None and made[0]() is None
