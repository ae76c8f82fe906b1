"""Names of folders and of rosters become ids."""

import unicodedata

from autograder.submissions.student_ids import Roster, student_id


def is_safe(name: str) -> bool:
    """Return whether an id is short and safe in paths and URLs."""
    is_plain = all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
    return name[0] not in ".-" and len(name) < 80 and is_plain


def test_student_ids_are_safe_and_distinct() -> None:
    """A name that is safe already is its own id."""
    names = ["ada", "a/b", "a b", "a_b", "李雷", "韩梅梅", "..", "-rf", "x" * 300, "12345", "é", "e"]
    ids = [student_id(name) for name in names]
    assert ids[0] == "ada" and ids[3] == "a_b" and ids[9] == "12345"
    assert len(set(ids)) == len(names)
    assert all(is_safe(name) for name in ids)


def test_two_spellings_of_one_name_are_one_student() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Zoë Müller") for form in ("NFC", "NFD"))
    assert composed != decomposed and student_id(composed) == student_id(decomposed)


def test_ids_and_numbers_count_as_a_whole() -> None:
    """A number is a platform's, and an id only where its student has no other number."""
    roster = Roster({"ada", "456", "77"}, {"1042": "ada", "9": "77"})
    assert roster.student("lovelaceada", "1042") == "ada" and roster.student("x", "456") == "456"
    assert roster.student("aeve_456") == "aeve_456" and roster.student("eve_1042") == "eve_1042"
    assert roster.student("eve", "77") == "eve" and roster.student("eve", "042") == "eve"
