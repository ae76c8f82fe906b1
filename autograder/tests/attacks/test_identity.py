"""Nobody submits for somebody else, has their work refused, or replaces it."""

from pathlib import Path

import pytest

from autograder.submissions.intake import collect
from autograder.tests.attacks.identity import ATTACKS, FILE, ROSTER, VICTIMS, IdentityAttack
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.submissions.conftest import course, release
from autograder.tests.submissions.inbox_files import NOTEBOOK, fill_inbox, yes

__all__ = ["course", "release"]  # fixtures


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_work_of_others_stays_as_it_is(tmp_path: Path, course: Path, attack: IdentityAttack) -> None:
    first = fill_inbox(tmp_path / "first", {f"{victim}/{FILE}": NOTEBOOK for victim in VICTIMS})
    collect(first, course, ROSTER)
    paths = [course / "submitted" / victim / STEP / FILE for victim in VICTIMS]
    before = [path.read_bytes() for path in paths]
    inbox = fill_inbox(tmp_path, attack.files)
    for _ in range(2):  # whoever takes it in twice must not get further
        records = collect(inbox, course, ROSTER, attack.platform, yes if attack.is_confirmed else None)
        assert [path.read_bytes() for path in paths] == before
        assert {record.student for record in records if record.taken} == attack.taken
        left = [record.reason for record in records if record.needs_review]
        assert bool(left) == bool(attack.message)
        assert any(attack.message in reason for reason in left) or not left
