"""Judge what a learner's code did by what is right, and name the known mistake where it is one.

A known mistake is recognised by what it does up to the first wrong observation: what comes after it often
follows from how the rest is written. Its message is asserted where it does the same in every case, and
hedged where it explains only a part of what is wrong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from detrlab.checks.comparing import agree, first_difference, same, same_failure
from detrlab.checks.errors import LearnerBug, NothingYet
from detrlab.checks.observing import Outcome
from detrlab.display import printable

# Characters of an error's text that are compared: of a text from a sandbox the rest is missing.
SHOWN = 200
WORD = re.compile(r"[a-z]{4,}")
ABOUT_A_NAME = ("AttributeError", "ImportError", "KeyError", "ModuleNotFoundError", "NameError")
HEDGE = "It looks as if this is why:"


@dataclass(frozen=True)
class Slip:
    """A known wrong answer: its outcome in each case, and the message for learners who gave it."""

    id: str
    message: str
    outcomes: Sequence[Outcome]  # by case


def judge(
    mine: Sequence[Outcome],
    right: Sequence[Outcome],
    slips: Iterable[Slip],
    public: Sequence[Outcome] | None = None,
) -> None:
    """Compare a learner's outcomes with the right ones; return if all agree.

    The message describes the first case that differs, or is that of the slip which was recognised.

    Args:
        mine, right: outcomes by case, of the learner's code and of the solution.
        slips: the known wrong answers, with their outcomes in the same cases.
        public: of a hidden check the right outcomes of the notebook's; see `first_difference`.

    Raises:
        NothingYet: if the exercise is still the stub.
        CheckFailed: if a case differs; it has the number of the case, the slip's id, and why.
    """
    for number, (outcome, expected) in enumerate(zip(mine, right, strict=True)):
        if isinstance(outcome.failure, NothingYet):
            raise outcome.failure
        if agree(outcome, expected):
            continue
        recognised = recognise(mine, right, slips, number)
        why = agreement(mine, right, recognised[0] if recognised else None)
        # Last, since it takes the numbers out of an error's text.
        failure = first_difference(outcome, expected, public[number] if public else None)
        message = str(failure)
        if recognised:
            slip, is_certain = recognised
            stop = "" if message.endswith((".", "?")) else "."
            message = slip.message if is_certain else f"{message}{stop} {HEDGE} {slip.message}"
            failure.slip = slip.id
        failure.args, failure.case, failure.why = (message,), number + 1, why
        raise failure


def recognise(
    mine: Sequence[Outcome], right: Sequence[Outcome], slips: Iterable[Slip], first: int
) -> tuple[Slip, bool] | None:
    """Return the slip that a learner made, and whether that is certain; None if no slip is like it.

    It is certain if the slip does the same in every case, and no other slip does, or none that agrees
    after the first wrong value too. An error of the same type with another text is less than certain.
    Tables of whole numbers agree by chance: there it has to do so in most wrong cases, and alone.

    Args:
        mine, right: outcomes by case, of the learner's code and of the solution.
        slips: the known wrong answers.
        first: the index of the first case that is wrong.
    """
    spans = [until_wrong(*outcomes) for outcomes in zip(mine, right, strict=True)]

    def fits(slip: Slip, case: int) -> bool:
        return does_the_same(mine[case], slip.outcomes[case], *spans[case])

    def rank(slip: Slip) -> tuple[int, bool]:
        cases = range(len(mine))
        return sum(fits(slip, case) for case in cases), same_words(mine[first], slip.outcomes[first])

    def agreements(slip: Slip) -> int:
        return sum(map(number_of_agreements, mine, slip.outcomes))

    ranks = [(slip, rank(slip)) for slip in slips if fits(slip, first)]
    if not ranks:
        return None
    highest = max(rank for _, rank in ranks)
    candidates = [slip for slip, rank in ranks if rank == highest]
    best = max(candidates, key=agreements)
    fits_everywhere = highest[0] == len(mine)
    names, ends_there = spans[first]
    if ends_there and not highest[1]:
        is_likely = len(candidates) == 1 and related(mine[first], best.outcomes[first])
        return (best, False) if fits_everywhere and is_likely else None
    agreeing = [slip for slip in candidates if all(map(agree, mine, slip.outcomes))]
    is_certain = fits_everywhere and (len(candidates) == 1 or agreeing == [best])
    if not is_certain and is_table(right[first].values.get(names[-1] if names else "")):
        wrong = wrong_cases(mine, right)
        if len(candidates) > 1 or 2 * sum(fits(best, case) for case in wrong) <= len(wrong):
            return None
    return best, is_certain


def wrong_cases(mine: Sequence[Outcome], right: Sequence[Outcome]) -> list[int]:
    """Return the indices of the cases in which an outcome differs from the right one."""
    return [case for case, outcomes in enumerate(zip(mine, right, strict=True)) if not agree(*outcomes)]


def is_table(value: object) -> bool:
    """Return whether a value is a tensor [...] of whole numbers, of which few are possible."""
    return torch.is_tensor(value) and same(value.double(), value.double().round())


def agreement(mine: Sequence[Outcome], right: Sequence[Outcome], slip: Slip | None) -> str:
    """Say in how many of the wrong cases a recognised slip does the same, up to the first wrong value."""
    wrong = wrong_cases(mine, right)
    cases = f"{len(wrong)} wrong case{'s' if len(wrong) > 1 else ''}"
    if slip is None:
        return f"no known slip does the same; {cases}"
    spans = {case: until_wrong(mine[case], right[case]) for case in wrong}
    alike = sum(does_the_same(mine[case], slip.outcomes[case], *spans[case]) for case in wrong)
    return f"agrees with the slip in {alike} of {cases}"


def until_wrong(mine: Outcome, right: Outcome) -> tuple[list[str], bool]:
    """Name what was observed up to the first wrong value, and what was observed only since it is wrong.

    Returns:
        the names, and whether all these values are right: then the outcome is right, or it ended early.
    """
    names: list[str] = []
    is_wrong = False
    for what, value in mine.values.items():
        if is_wrong and what in right.values:
            break
        names.append(what)
        is_wrong = is_wrong or what not in right.values or not same(value, right.values[what])
    return names, not is_wrong


def does_the_same(mine: Outcome, theirs: Outcome, names: Sequence[str], ends_there: bool) -> bool:
    """Return whether two outcomes agree in these observations, and in how they end if they end there."""
    if not all(what in theirs.values and same(mine.values[what], theirs.values[what]) for what in names):
        return False
    if not ends_there:
        return True
    return mine.values.keys() == theirs.values.keys() and same_failure(mine.failure, theirs.failure)


def number_of_agreements(mine: Outcome, theirs: Outcome) -> int:
    """Count the observations that agree, and the end as one."""
    common = mine.values.keys() & theirs.values.keys()
    values = sum(same(mine.values[what], theirs.values[what]) for what in common)
    return values + same_failure(mine.failure, theirs.failure)


def error_text(outcome: Outcome) -> tuple[str, str]:
    """Return whose error ended an outcome, in the words of the message, and its text; "" for no error."""
    if not isinstance(outcome.failure, LearnerBug):
        return "", ""
    whose, _, text = str(outcome.failure).partition(f" {outcome.failure.error}: ")
    return whose, printable(text, SHOWN)


def same_words(mine: Outcome, theirs: Outcome) -> bool:
    """Return whether two errors have the same text, up to SHOWN; True if neither outcome has one."""
    return error_text(mine)[1] == error_text(theirs)[1]


def related(mine: Outcome, theirs: Outcome) -> bool:
    """Return whether errors of one type with different texts may be the same mistake.

    They are not if one was raised in the learner's code and the other by our use of it, if their texts
    have not even two words in common, or if it is the name in the text that tells what is wrong.
    """
    (whose, text), (whose_theirs, text_theirs) = error_text(mine), error_text(theirs)
    words = [set(WORD.findall(each.lower())) for each in (text, text_theirs)]
    is_about_a_name = getattr(mine.failure, "error", "") in ABOUT_A_NAME
    return whose == whose_theirs and not is_about_a_name and len(words[0] & words[1]) >= 2
