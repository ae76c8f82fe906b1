"""Find the students of an inbox, and which of its files are whose."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from autograder.submissions.inbox.class_exports import Knows, export_in, exports_at_top
from autograder.submissions.inbox.exports import (
    FOLDERS,
    TITLES,
    UNCLEAR,
    Owner,
    is_test_student,
    platforms_own,
)
from autograder.submissions.inbox.files import ByteBudget, Ignored, SubmittedFile
from autograder.submissions.inbox.kinds import why_rubbish
from autograder.submissions.inbox.uploads import Upload
from autograder.submissions.notebook_json import UnreadableFile
from detrlab.display import printable

LONGEST_NAME = 100  # characters of an upload's name that are shown

NOBODYS = "bears no student's name, unlike the other files of this export"
OTHER_FORM = "is not named as in {title}'s export of a class, so it is nobody's"
NO_FOLDER = "lies in no student's folder"
MAY_BE_OF_SEVERAL = (
    "may be of several students by its name; put it into a folder that is called like its student, or "
    "give it a name without numbers"
)
LOOSE = "lies loose; make one folder or zip for each student"
NO_NAME = "lies in {upload}, which is not called like a student; make one folder or zip for each student"
TEST_STUDENT = "is of the platform's test student, who is no person"

# Asked whether something is the export of a class: its name, the platform's (or none) and who is in it.
MaySplit = Callable[[str, str, str], bool]


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
    knows: Knows | None = None,
) -> list[Entry]:
    """Return what each student has handed in, and what is nobody's; all files are in one entry.

    An upload is its student's, who is called like it. Names of files in it count only where somebody says
    that it is the export of a class; else a student could submit for others by naming files after them.

    Args:
        uploads: what lies in the inbox.
        platform: whose export all of it is, of FORMS, or FOLDERS; by default none is one.
        may_split: asked about what may be the export of a class; without it, none is one.
        knows: says whether a student is on the roster, if there is one.
    """
    entries: list[Entry] = []
    at_top = exports_at_top([upload for upload in uploads if not why_nobodys(upload)], platform)
    answers: dict[tuple[str, str, str], bool] = {}
    for upload in uploads:
        if ignored := why_nobodys(upload):
            entries.append(Entry(upload.name, partial(all_named, upload, Ignored(ignored))))
            continue
        export = at_top.get(upload) or export_in(upload, platform, knows)
        is_one = bool(platform)
        if export and may_split and not platform:
            question = export.name, TITLES.get(export.platform, ""), export.who(knows)
            if question not in answers:
                answers[question] = may_split(*question)
            is_one = answers[question]
        # A student may have numbered a zip as Canvas does.
        is_own_name = upload in at_top and at_top[upload].platform == "canvas" and not upload.is_loose
        if is_one:
            owners = export.owners if export else {}
            entries += entries_of_export(upload, owners, platform)
        elif export and not is_own_name:
            problem = "" if upload.is_loose else export.problem
            files = partial(all_named, upload, UnreadableFile(export.problem))
            entries.append(Entry(upload.name, files, problem=problem))
        elif upload.is_called_like_a_file:
            reason = LOOSE if upload.is_loose else NO_NAME.format(upload=upload.name)
            entries.append(Entry(upload.name, partial(unless_readable, upload, None, reason)))
        else:
            entries.append(entry_of_student(upload, knows))
    return entries


def why_nobodys(upload: Upload) -> str:
    """Return why an upload is no student's, by its name; empty if it may be one's."""
    if is_test_student(upload.stem_without_copy):
        return TEST_STUDENT
    inside = f"{upload.name}/x" if upload.is_folder else upload.name
    return why_rubbish(inside) or platforms_own(inside)


def entries_of_export(upload: Upload, owners: dict[str, Owner], platform: str) -> Iterator[Entry]:
    """Yield what each student has in the export of a class, and what is nobody's in it."""
    own = {path: owner for path, owner in owners.items() if f"{path}/".startswith(f"{upload.name}/")}
    paths_of: dict[Owner, set[str]] = {}
    for path, owner in own.items():
        paths_of.setdefault(owner, set()).add(path)
    for owner, paths in sorted(paths_of.items(), key=lambda item: item[0]):
        if owner == UNCLEAR:
            yield Entry(upload.name, partial(unless_readable, upload, paths, MAY_BE_OF_SEVERAL))
        elif is_test_student(owner.name):
            yield Entry(upload.name, partial(only, paths, Ignored(TEST_STUDENT)))
        else:
            title = TITLES.get(owner.platform)
            who = f"{title}'s name of the file" if title else f"the folder's name {owner.name}"
            yield Entry(upload.name, partial(marked, upload, paths), owner, f"{who} says whose it is")
    # What lies in a zip that was opened is named, not the zip.
    is_opened = not own.keys() <= set(upload.names)
    rest = set(upload.names_with_zips if is_opened else upload.names) - own.keys()
    reason = OTHER_FORM.format(title=TITLES[platform]) if platform in TITLES else NOBODYS
    if rest:
        reason = NO_FOLDER if platform == FOLDERS else reason
        yield Entry(upload.name, partial(unless_readable, upload, rest, reason))


def entry_of_student(upload: Upload, knows: Knows | None) -> Entry:
    """Return what a student has handed in as a folder or an archive that is called like them."""
    kind = "folder" if upload.is_folder else "file"
    is_whole = knows is not None and knows(Owner(upload.stem))
    return Entry(
        upload.name,
        partial(marked, upload, None),
        Owner(upload.stem if is_whole else upload.stem_without_copy),
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
