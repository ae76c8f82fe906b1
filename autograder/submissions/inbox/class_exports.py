"""Find what may be the export of a whole class in an inbox; a person says whether it is one."""

from collections.abc import Callable
from dataclasses import dataclass

from autograder.submissions.inbox.exports import (
    FOLDERS,
    FORMS,
    MOST_FOLDERS,
    TITLES,
    UNCLEAR,
    Owner,
    owner_of,
    owners_below,
)
from autograder.submissions.inbox.kinds import is_zip, why_rubbish
from autograder.submissions.inbox.uploads import Upload
from autograder.submissions.student_ids import letters

SAY_SO = "if it is from one, say so: python -m autograder grade INBOX --export {platform}"
SEVERAL_PEOPLE = "holds files that are named as in {title}'s export of a class; " + SAY_SO
CALLED_SO = "is named as in {title}'s export of a class; " + SAY_SO
SEVERAL_FOLDERS = (
    "holds folders that are called like several students; if a class was packed as one, say so: "
    "python -m autograder grade INBOX --export folders"
)

Knows = Callable[[Owner], bool]  # says whether a student is on the roster


@dataclass(frozen=True)
class Export:
    """What may be the export of a class.

    Attributes:
        name: of the upload, or of all those together that lie in the inbox under names of this form.
        platform: whose form it has, or FOLDERS.
        owners: whose each file is.
        problem: why nothing of it is taken unless somebody says that it is one.
    """

    name: str
    platform: str
    owners: dict[str, Owner]
    problem: str

    def who(self, knows: Knows | None) -> str:
        """Say how many people it is of, and how many of them the roster has."""
        count = len(people_of(self.owners))
        number = "1 person" if count == 1 else f"{count} people"
        known = len({owner for owner in self.owners.values() if knows and knows(owner)})
        return f"{number} ({known} on the roster)" if knows else number


def exports_at_top(uploads: list[Upload], platform: str) -> dict[Upload, Export]:
    """Return what lies in the inbox itself under names of a platform's form, as if it was one export."""
    found: dict[Upload, Export] = {}
    for form in (form for form in FORMS if platform in ("", form)):
        own = [u for u in uploads if u not in found and is_students(u, form, platform)]
        names = [name for upload in own for name in upload.names if not why_rubbish(name)]
        owners = owners_below({""}, names, form)
        problem = CALLED_SO.format(title=TITLES[form], platform=form)
        export = Export("What lies in the inbox itself", form, owners, problem)
        found |= {upload: export for upload in own if owners.keys() & set(upload.names)}
    return found


def is_students(upload: Upload, form: str, platform: str) -> bool:
    """Say whether an upload is called as a platform calls one student's file or folder.

    Canvas makes no folders, and students number their own. A class's zip may be called by a date.
    """
    if not owner_of(f"{upload.name}/x" if upload.is_folder else upload.name, form):
        return False
    if form != "canvas" or upload.is_loose:
        return True
    return (bool(platform) or not upload.is_folder) and len(people_of(upload.owners())) < 2


def export_in(upload: Upload, platform: str, knows: Knows | None) -> Export | None:
    """Return what an upload holds if it may be the export of a class; None if it is one student's.

    Who is on the roster under the name of the upload may call files in it as they like.
    """
    names = {upload.stem, upload.stem_without_copy}
    if upload.is_loose or (not platform and knows and any(knows(Owner(name)) for name in names)):
        return None
    owners = upload.owners(platform) if platform != FOLDERS else {}
    form = next((owner.platform for owner in owners.values() if owner.platform), platform)
    if platform == "canvas" and owner_of(upload.name, platform):
        owners = dict.fromkeys(owners, UNCLEAR)  # it may be one student's, who has named files so
    is_known = knows is not None and any(map(knows, owners.values()))
    is_class = len(people_of(owners)) > 1 or (is_known and is_foreign(upload, owners))
    if form in FORMS and (platform or is_class):
        problem = SEVERAL_PEOPLE.format(title=TITLES[form], platform=form)
        return Export(upload.name, form, owners, problem)
    if platform == FOLDERS or (knows and not platform):
        owners = owners_by_folder(upload, knows)
        if platform or len(set(filter(knows, owners.values()))) > 1:
            return Export(upload.name, FOLDERS, owners, SEVERAL_FOLDERS)
    return None


def owners_by_folder(upload: Upload, knows: Knows | None) -> dict[str, Owner]:
    """Return the owner of each file if it is a class that was packed as one, with a folder for each.

    A folder that holds all others is none of a student's, unless the roster has one of its name.
    """
    inside = {name: name.removeprefix(f"{upload.name}/") for name in upload.names if name != upload.name}
    for _ in range(MOST_FOLDERS):
        tops = {path.partition("/")[0] for path in inside.values() if not why_rubbish(path)}
        below = {name: path.partition("/")[2] for name, path in inside.items() if "/" in path}
        is_student = knows and any(knows(Owner(top)) for top in tops)
        if len(tops) != 1 or is_student or not any("/" in path for path in below.values()):
            break
        inside = below
    owners = {}
    for name, path in inside.items():
        top, slash, _ = path.partition("/")
        if (slash or is_zip(top)) and not why_rubbish(path):
            owners[name] = Owner(top if slash else top[: -len(".zip")])
    return owners


def is_foreign(upload: Upload, owners: dict[str, Owner]) -> bool:
    """Say whether the files of an upload are named after others than the one it is named after."""
    if upload.is_folder and any(owner.platform == "canvas" for owner in owners.values()):
        return False  # students number their files, too
    names, stem = {letters(owner.name) for owner in owners.values()}, letters(upload.stem)
    return not any(name in stem or stem in name for name in names)


def people_of(owners: dict[str, Owner]) -> set[str]:
    """Return the different people among the owners.

    What looks like Canvas's numbers may be a student's own: there the names count alone.
    """
    people = set(owners.values()) - {UNCLEAR}
    return {letters(owner.name) if owner.platform == "canvas" else owner.label for owner in people}
