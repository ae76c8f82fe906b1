"""Find the students of an inbox, and which of its files are whose."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from autograder.submissions.inbox.exports import (
    TITLES,
    Owner,
    is_test_student,
    owner_of_folder,
    owners_of,
    platforms_own,
)
from autograder.submissions.inbox.files import ByteBudget, Ignored, SubmittedFile
from autograder.submissions.inbox.kinds import why_rubbish
from autograder.submissions.inbox.uploads import Upload
from autograder.submissions.notebook_json import UnreadableFile
from autograder.submissions.student_ids import letters
from detrlab.display import printable

LONGEST_NAME = 100  # characters of an upload's name that are shown

# What a browser or a file manager adds to the name of a file or folder that it has already.
COPY = re.compile(r"(?: ?\(\d+\)| -? ?(?:copy|kopie|copie|copia)(?: \d+| \(\d+\))?)+$", re.IGNORECASE)
SEVERAL_PEOPLE = (
    "{what} as in {title}'s export of a class; if it is from one, say so: "
    "python -m autograder grade INBOX --export {platform}"
)
NOBODYS = "bears no student's name, unlike the other files of this export"
OTHER_FORM = "is not named as in {title}'s export of a class, so it is nobody's"
LOOSE = "lies loose; make one folder or zip for each student"
NO_NAME = "lies in {upload}, which is not called like a student; make one folder or zip for each student"
TEST_STUDENT = "is of the platform's test student, who is no person"

MaySplit = Callable[[str, str, int], bool]


@dataclass(frozen=True)
class Entry:
    """What one student has handed in in one upload.

    Attributes:
        upload: its name.
        files: yields the files, within a budget.
        owner: the student; None for what is nobody's.
        because: why it is theirs.
        problem: why nothing of it is taken, continued from its name.
    """

    upload: str
    files: Callable[[ByteBudget], Iterator[SubmittedFile]]
    owner: Owner | None = None
    because: str = ""
    problem: str = ""


def entries_of(
    uploads: list[Upload],
    platform: str = "",
    may_split: MaySplit | None = None,
    knows: Callable[[Owner], bool] | None = None,
) -> list[Entry]:
    """Return what each student has handed in, and what is nobody's; all files are in one entry.

    Uploads are read as exports of a class where all that lies in the inbox is that, or as the platform
    says. Otherwise a student could submit for others by naming files after them.

    Args:
        uploads: what lies in the inbox.
        platform: whose export it is, of FORMS; by default their names tell.
        may_split: asked whether an upload beside others is the export of a class, with its name, the
            platform's and the number of people; by default none is.
        knows: says whether a student is on the roster, if there is one: an export has one who is.
    """
    owners_by_upload = find_owners(uploads, platform)
    own = [upload for upload in uploads if upload.candidates]
    are_exports = bool(platform) or (
        all(owners_by_upload[upload] for upload in own)
        and (len(own) == 1 or len(people_of(*owners_by_upload.values())) > 1)
        and any(is_foreign(upload, owners_by_upload[upload]) for upload in own)
        and (
            not knows
            or any(knows(owner) for upload in own for owner in owners_by_upload[upload].values())
        )
    )
    entries: list[Entry] = []
    for upload in uploads:
        owners = owners_by_upload[upload]
        people = people_of(owners)
        if ignored := why_nobodys(upload):
            entries.append(Entry(upload.name, partial(all_named, upload, Ignored(ignored))))
        elif are_exports:
            entries += entries_of_export(upload, owners, platform)
        elif not people and knows and (by_folder := owners_by_folder(upload, knows)):
            entries += entries_of_export(upload, by_folder, "")
        elif len(people) > 1 or (people and upload.is_loose):
            entries += entries_of_several(upload, owners, may_split)
        elif upload.is_called_like_a_file:
            reason = LOOSE if upload.is_loose else NO_NAME.format(upload=upload.name)
            entries.append(Entry(upload.name, partial(unless_readable, upload, None, reason)))
        else:
            entries.append(entry_of_student(upload))
    return entries


def entries_of_several(
    upload: Upload, owners: dict[str, Owner], may_split: MaySplit | None
) -> list[Entry]:
    """Return the entries of an upload that is named like an export, beside others: refused."""
    people, form = people_of(owners), next(iter(owners.values())).platform
    if may_split and may_split(upload.name, TITLES[form], len(people)):
        return list(entries_of_export(upload, owners, ""))
    what = "is named" if upload.is_loose else "holds files of several people, named"
    problem = SEVERAL_PEOPLE.format(what=what, title=TITLES[form], platform=form)
    files = partial(all_named, upload, UnreadableFile(problem))
    return [Entry(upload.name, files, problem="" if upload.is_loose else problem)]


def find_owners(uploads: list[Upload], platform: str) -> dict[Upload, dict[str, Owner]]:
    """Return whose the files of each upload are, as a platform's export names them.

    The files that lie in the inbox itself are looked at together.
    """
    loose = [upload for upload in uploads if upload.is_loose]
    names = [name for upload in loose for name in upload.names]
    of_loose = owners_of((name for upload in loose for name in upload.candidates), names, platform)
    return {
        upload: {name: of_loose[name] for name in upload.names if name in of_loose}
        if upload.is_loose
        else upload.owners(platform)
        for upload in uploads
    }


def owners_by_folder(upload: Upload, knows: Callable[[Owner], bool]) -> dict[str, Owner]:
    """Return the owner of each file in a class that was packed as one: its folders are called like them.

    None unless the roster has two of them, and nobody who is called like the upload.
    """
    inside = {name: name.removeprefix(f"{upload.name}/") for name in upload.names}
    while len(tops := {path.partition("/")[0] for path in inside.values() if not why_rubbish(path)}) == 1:
        inside = {name: path.partition("/")[2] for name, path in inside.items() if "/" in path}
    known = [top for top in tops if knows(Owner(top))]
    if knows(Owner(upload.stem)) or len(known) < 2:
        return {}
    return {
        name: Owner(path.partition("/")[0])
        for name, path in inside.items()
        if "/" in path and not why_rubbish(path)
    }


def is_foreign(upload: Upload, owners: dict[str, Owner]) -> bool:
    """Say whether the files of an upload are named after others than the one it is named after."""
    if upload.is_loose or len(people_of(owners)) > 1:
        return True
    if upload.is_folder and any(owner.platform == "canvas" for owner in owners.values()):
        return False  # students number their files, too
    names, stem = {letters(owner.name) for owner in owners.values()}, letters(upload.stem)
    return not any(name in stem or stem in name for name in names)


def people_of(*groups: dict[str, Owner]) -> set[str]:
    """Return the different people in groups of owners.

    What looks like Canvas's numbers may be a student's own: there the names count alone.
    """
    owners = {owner for group in groups for owner in group.values()}
    return {letters(owner.name) if owner.platform == "canvas" else owner.label for owner in owners}


def why_nobodys(upload: Upload) -> str:
    """Return why an upload is no student's, by its name; empty if it may be one's."""
    name = COPY.sub("", upload.stem)
    if is_test_student(name):
        return TEST_STUDENT
    inside = f"{upload.name}/x" if upload.is_folder else upload.name
    return why_rubbish(inside) or platforms_own(inside)


def entries_of_export(upload: Upload, owners: dict[str, Owner], platform: str) -> Iterator[Entry]:
    """Yield what each student has in the export of a class, and what is nobody's in it."""
    for owner in sorted(set(owners.values())):
        paths = {path for path in owners if owners[path] == owner}
        if is_test_student(owner.name):
            files = partial(only, paths, Ignored(TEST_STUDENT))
            yield Entry(upload.name, files)
        else:
            title = TITLES.get(owner.platform)
            who = f"{title}'s name of the file" if title else f"the folder's name {owner.name}"
            because = f"{who} says whose it is"
            yield Entry(upload.name, partial(marked, upload, paths), owner, because)
    # What lies in a zip that was opened is named, not the zip.
    opened = [name for name in upload.names if any(path.startswith(f"{name}/") for path in owners)]
    inside = [path for path in upload.names_in_zips if path.startswith(tuple(f"{o}/" for o in opened))]
    rest = ({*upload.names, *inside} if opened else set(upload.names)) - {*opened, *owners}
    reason = OTHER_FORM.format(title=TITLES[platform]) if platform else NOBODYS
    if rest:
        yield Entry(upload.name, partial(unless_readable, upload, rest, reason))


def entry_of_student(upload: Upload) -> Entry:
    """Return what a student has handed in as a folder or an archive that is called like them."""
    kind = "folder" if upload.is_folder else "file"
    return Entry(
        upload.name,
        partial(marked, upload, None),
        owner_of_folder(COPY.sub("", upload.stem) or upload.stem),
        f"the {kind}'s name {printable(upload.name, LONGEST_NAME)} says whose it is",
    )


def marked(upload: Upload, wanted: set[str] | None, budget: ByteBudget) -> Iterator[SubmittedFile]:
    """Yield the files of an upload; those that are a platform's own, with that as the reason."""
    for path, content in upload.files(budget, wanted):
        reason = platforms_own(path)
        yield path, Ignored(reason) if reason else content


def unless_readable(
    upload: Upload, wanted: set[str] | None, reason: str, budget: ByteBudget
) -> Iterator[SubmittedFile]:
    """Yield the files of an upload, with a reason for those that nothing else is wrong with."""
    for path, content in marked(upload, wanted, budget):
        yield path, content if isinstance(content, UnreadableFile) else UnreadableFile(reason)


def all_named(upload: Upload, why: UnreadableFile, budget: ByteBudget) -> Iterator[SubmittedFile]:
    """Yield the files of an upload with one reason for all of them."""
    yield from only(upload.names, why, budget)


def only(paths: Iterable[str], why: UnreadableFile, budget: ByteBudget) -> Iterator[SubmittedFile]:
    """Yield these paths, with one reason for all of them."""
    yield from ((path, why) for path in sorted(paths))
