"""Turn names of folders, of students in exports and on a roster into ids."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Roster:
    """The students of a class.

    Attributes:
        ids: of all students.
        numbers: the ids by their number on a learning platform.
        is_list: whether a list of the class was imported; else these are those who have submitted.
    """

    ids: Collection[str] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    is_list: bool = False

    def student(self, label: str, number: str = "") -> str:
        """Return the id of a student of an export or a folder, by a number if the roster has it.

        Ids and numbers count as a whole: a folder `eve_456` is not that of 456.

        Args:
            label: what the student is called.
            number: a platform's number of the student; empty if the name alone says who it is.
        """
        is_own_id = number in self.ids and number not in self.numbers.values()
        known = self.numbers.get(number) or (number if is_own_id else "")
        return known or student_id(label)

    def lost_zeros(self, name: str) -> str:
        """Return the id or number that an unknown one differs from by the zeros before it alone."""
        known = (other for other in (*self.ids, *self.numbers) if other.isdigit() and other != name)
        bare = name.lstrip("0") if name.isdigit() else None
        return next((other for other in known if other.lstrip("0") == bare), "")


def student_id(name: str) -> str:
    """Return an id for a name that is safe in paths and URLs; different names get different ids.

    The two ways of Unicode to write a letter with an accent are one name.
    """
    name = unicodedata.normalize("NFC", name)
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._@-]+", "_", ascii_name).strip("._-")[:60]
    if safe == name:
        return name
    return f"{safe or 'student'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:6]}"


def letters(name: str) -> str:
    """Return a name without accents, capitals, blanks and signs: two spellings of one name are equal."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if character.isalnum())
