"""Take in what one student has handed in: each file becomes a step's notebook, or gets a reason."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from autograder.submissions.inbox.files import Ignored, OtherKind
from autograder.submissions.inbox.kinds import is_model
from autograder.submissions.notebook_json import (
    UnreadableFile,
    check_no_stand_in,
    is_bounded,
    parse_notebook,
)
from autograder.submissions.rebuild import Notebook, rebuild
from autograder.submissions.recognition import (
    Releases,
    answers_of,
    own_traits,
    part_of,
    step_by_name,
    steps_by_cells,
)
from autograder.submissions.record import IntakeRecord
from autograder.submissions.store import Store
from autograder.submissions.versions import Versions
from detrlab.checkpoint import TRAINED_IN

TOO_LONG = "holds cells that are longer than can be read: they were left out or cut off."
NO_STEP = "is not a notebook of this course."


@dataclass(frozen=True)
class Candidate:
    """A notebook that holds a step's cells.

    Attributes:
        record: of its file; what is decided is added.
        notebook: rebuilt on the step's release.
        answers: what the learner wrote in it, by grade_id.
        is_first: whether it is this step's notebook more than any other's.
    """

    record: IntakeRecord
    notebook: Notebook
    answers: dict[str, str]
    is_first: bool


def best_of(candidates: list[Candidate]) -> Candidate:
    """Return the one with most answers; of equals, the one named like the step, and the last."""

    def rank(candidate: Candidate) -> tuple[int, bool, bool]:
        is_named = PurePosixPath(candidate.record.file).stem == candidate.record.step
        return len(candidate.answers), candidate.is_first, is_named

    return max(reversed(candidates), key=rank)  # `max` returns the first of equals


def keep_one_notebook(candidates: list[Candidate]) -> None:
    """Drop the notebooks of all but the best: there may be hundreds, with large outputs."""
    best = best_of(candidates)
    candidates[:] = [c if c is best else replace(c, notebook={}) for c in candidates]


class StudentIntake:
    """Accept the files of one student after another."""

    def __init__(self, store: Store, releases: Releases):
        self.versions = Versions(store, releases)
        self.releases, self.traits = releases, own_traits(releases)

    def take(self, records: Iterable[tuple[IntakeRecord, bytes | UnreadableFile]]) -> list[IntakeRecord]:
        """Accept the files of one student.

        Args:
            records: a record of each file that says whose it is, with the content.

        Returns:
            the records with what became of each file; two of a file that holds two steps.
        """
        done: list[IntakeRecord] = []
        candidates: dict[str, list[Candidate]] = {}
        models: list[IntakeRecord] = []
        model = b""  # the last one: they are large
        other_kinds: list[IntakeRecord] = []
        for record, content in records:
            named = step_by_name(record.file, self.releases)
            try:
                if isinstance(content, UnreadableFile):
                    raise content
                if is_model(record.file):
                    check_no_stand_in(content)
                    digest, model = hashlib.sha256(content).hexdigest(), content
                    models.append(replace(record, step=TRAINED_IN, digest=digest))
                else:
                    found = self.find_steps(record, read_notebook(record.file, content))
                    done += [item for item in found if isinstance(item, IntakeRecord)]
                    for item in (item for item in found if isinstance(item, Candidate)):
                        found_for_step = candidates.setdefault(item.record.step, [])
                        found_for_step.append(item)
                        keep_one_notebook(found_for_step)
            except Ignored as reason:
                done.append(replace(record, reason=f"{reason}."))
            except OtherKind as reason:
                other_kinds.append(replace(record, step=named, reason=f"{reason}.", refused=True))
            except UnreadableFile as reason:
                refused = replace(record, step=named, reason=f"{reason}.")
                done.append(replace(refused, needs_review=True, refused=True))
        for found_for_step in candidates.values():
            done += self.take_step(found_for_step)
        done += self.take_model(models, model)
        taken = {record.step for record in done if record.taken}
        for record in other_kinds:  # a copy of another kind beside its notebook is no loss
            is_lost = record.step not in taken if record.step else not taken
            done.append(replace(record, needs_review=is_lost))
        return done if taken else [as_open_question(record) for record in done]

    def find_steps(self, record: IntakeRecord, notebook: Notebook) -> list[IntakeRecord | Candidate]:
        """Return a candidate for each step that a notebook holds, or a record of why it is none."""
        named = step_by_name(record.file, self.releases)
        steps = steps_by_cells(notebook, self.traits, named)
        if not steps and named:
            reason = f"is named like {named}, but holds none of its cells."
            return [replace(record, reason=reason, needs_review=True)]
        if not steps:
            return [replace(record, reason=NO_STEP)]
        found: list[IntakeRecord | Candidate] = []
        for step in steps:
            of_step = replace(record, step=step)
            release = self.releases[step]
            try:
                rebuilt = rebuild(part_of(notebook, step, steps, self.traits), release)
            except Exception as error:  # no file may stop the intake of the others
                reason = f"could not be rebuilt on the release ({type(error).__name__})."
                found.append(replace(of_step, reason=reason, needs_review=True, refused=True))
                continue
            how = "name and cells" if step == named else "its cells"
            of_step = replace(of_step, because=f"{record.because}, {how} which step")
            found.append(Candidate(of_step, rebuilt, answers_of(rebuilt, release), step == steps[0]))
        return found

    def take_step(self, candidates: list[Candidate]) -> list[IntakeRecord]:
        """Accept the notebook of a step that holds most answers; of equals, the one named like the step.

        A person is asked where another one holds answers, too, and others than the accepted one.
        """
        step = candidates[0].record.step
        chosen = best_of(candidates)
        records, name = [], chosen.record.file
        for other in (candidate for candidate in candidates if candidate is not chosen):
            is_fuller = len(chosen.answers) > len(other.answers)
            why = f"{name} holds more answers" if is_fuller else f"{name} was taken for this step"
            is_open = bool(other.answers) and other.answers != chosen.answers
            reason = f"was left aside: {why}."
            records.append(replace(other.record, reason=reason, needs_review=is_open))
        taken = self.versions.keep_notebook(chosen.record, chosen.notebook, chosen.answers)
        named = step_by_name(name, [other for other in self.releases if other != step])
        if taken.taken and named and chosen.is_first:
            reason = f"is named like {named}, but holds the cells of {step}. {taken.reason}".strip()
            taken = replace(taken, reason=reason, needs_review=True)
        if taken.taken and any(map(is_bounded, chosen.notebook["cells"])):
            taken = replace(taken, reason=f"{TOO_LONG} {taken.reason}".strip(), needs_review=True)
        return [*records, taken]

    def take_model(self, models: list[IntakeRecord], content: bytes) -> list[IntakeRecord]:
        """Accept the trained model, the last of several; its content is checked when it is graded."""
        if not models or TRAINED_IN not in self.releases:
            return [replace(record, step="", digest="", reason=NO_STEP) for record in models]
        *others, chosen = models
        reason = f"was left aside: {chosen.file} was taken."
        left_aside = [
            replace(record, reason=reason, needs_review=record.digest != chosen.digest, digest="")
            for record in others
        ]
        because = f"{chosen.because}, its own which step"
        return [*left_aside, self.versions.keep_model(replace(chosen, because=because), content)]


def read_notebook(name: str, content: bytes) -> Notebook:
    """Return a notebook, also from a file with another ending.

    Raises:
        UnreadableFile: if it is none; OtherKind if it is not called like one either.
    """
    try:
        return parse_notebook(content)
    except UnreadableFile as error:
        if ".ipynb" not in name.lower():
            raise OtherKind(str(error)) from None
        raise


def as_open_question(record: IntakeRecord) -> IntakeRecord:
    """Let a person look at a notebook that is none of the course's, where nothing else was taken."""
    return replace(record, needs_review=True) if record.reason == NO_STEP else record
