"""An upload: a file or folder that lies in the inbox itself, its names and its files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.submissions.inbox.archives import is_candidate, names_in_inner_zips, names_in_zip
from autograder.submissions.inbox.exports import Owner, owners_of
from autograder.submissions.inbox.files import ByteBudget, SubmittedFile, why_unread
from autograder.submissions.inbox.folders import files_of_file, files_of_folder, names_in_folder
from autograder.submissions.inbox.kinds import is_archive, is_readable, is_zip
from autograder.submissions.notebook_json import UnreadableFile

# What a browser or a file manager adds to the name of a file or folder that it has already.
COPY = re.compile(r"(?: ?\(\d+\)| -? ?(?:copy|kopie|copie|copia)(?: \d+| \(\d+\))?)+$", re.IGNORECASE)
ENDING = re.compile(r"(?:\.tar)?\.\w+$")


@dataclass(frozen=True)
class Upload:
    """A file or folder in an inbox: of one student, or the export of a class."""

    path: Path

    @property
    def name(self) -> str:
        """Its name."""
        return self.path.name

    @property
    def stem(self) -> str:
        """Its name without the ending of a zip or another archive."""
        return self.name if self.is_folder or self.is_loose else ENDING.sub("", self.name)

    @property
    def stem_without_copy(self) -> str:
        """Its stem without what marks a second download."""
        return COPY.sub("", self.stem) or self.stem

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder; a link is none."""
        return self.path.is_dir() and not self.path.is_symlink()

    @cached_property
    def is_loose(self) -> bool:
        """Whether it is neither a folder nor an archive: those are called like their owners."""
        return not self.is_folder and not is_zip(self.name) and not is_archive(self.name)

    @property
    def is_called_like_a_file(self) -> bool:
        """Whether it is called like a notebook or a step, and so like no student."""
        return self.is_loose or is_readable(self.stem)

    @cached_property
    def names(self) -> list[str]:
        """The paths of its files from the inbox on; a file that cannot be opened is its only one."""
        if self.is_folder:
            return [f"{self.name}/{name}" for name in names_in_folder(self.path)]
        inner = names_in_zip(self.path) if self.path.is_file() and is_zip(self.name) else []
        return [f"{self.name}/{name}" for name in inner] or [self.name]

    @cached_property
    def zips(self) -> dict[str, list[str]]:
        """The paths of what lies in each zip that it holds and that can be opened, by the zip's path."""
        if self.is_folder:
            zips = [name for name in self.names if is_zip(name) and is_candidate(name)]
            inside = {name: names_in_zip(self.path.parent / name) for name in zips}
        else:
            inner = names_in_inner_zips(self.path) if is_zip(self.name) else {}
            inside = {f"{self.name}/{name}": names for name, names in inner.items()}
        return {name: [f"{name}/{path}" for path in names] for name, names in inside.items() if names}

    @property
    def names_with_zips(self) -> list[str]:
        """The paths of its files, and of what lies in the zips that it holds in the place of those."""
        return [path for name in self.names for path in self.zips.get(name, [name])]

    @property
    def candidates(self) -> list[str]:
        """The names of its files that are read, if they can be; none in a zip that cannot be opened."""
        return [name for name in self.names if is_candidate(name) and not self.is_closed(name)]

    def is_closed(self, name: str) -> bool:
        """Say whether a name is that of the upload itself, a zip that cannot be opened."""
        return name == self.name and is_zip(name)

    def owners(self, platform: str = "") -> dict[str, Owner]:
        """Return whose the files are, by their paths, if they are named as in a platform's export.

        The name of the upload counts for nothing.
        """
        top = f"{self.name}/"
        if owners := owners_of(self.candidates, self.names, platform, top):
            return owners
        names = self.names_with_zips
        return owners_of([name for name in names if is_candidate(name)], names, platform, top)

    def files(self, budget: ByteBudget, wanted: Iterable[str] | None = None) -> Iterator[SubmittedFile]:
        """Yield its files, or the wanted ones of them."""
        only = None if wanted is None else set(wanted)
        if self.path.is_symlink():
            return iter([(self.name, UnreadableFile("is a link, which is not followed"))])
        if self.is_folder:
            return files_of_folder(self.path, budget, only)
        if reason := why_unread(self.name):
            return iter([(self.name, reason)])
        return files_of_file(self.path, self.name, budget, only)
