"""Who may read the folder of a course: who made it alone, or the group too where nbgrader says so."""

import logging
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LOG = logging.getLogger(__name__)
# Folders in which every file is closed, beside those at the top of the course. The others are nbgrader's.
OWN_FOLDERS = ("judged", "verdicts", ".unfinished")
NEW_SEED = (
    " If somebody may have looked, delete secret_seed.txt in it: the next run then judges on new inputs."
)
EVERYBODY = stat.S_IRWXO | stat.S_IRWXG


def restrict_access(course: Path, groupshared: bool) -> None:
    """Close a course's folder, its verdicts, its records, the seed and the gradebook to others.

    Of a folder that was open, as version 1.0 left it, the log says so.

    Args:
        course: the course folder.
        groupshared: whether the members of its group may read and write there (nbgrader's setting).
    """
    folder_mode, file_mode = (0o2770, 0o660) if groupshared else (0o700, 0o600)
    was_open = bool(bits_of(course) & EVERYBODY & ~folder_mode)
    for path in own_paths(course, file_mode):
        mode = folder_mode if path.is_dir() else file_mode
        if bits_of(path) != mode & 0o777:
            with suppress(PermissionError):  # somebody else's in the group
                path.chmod(mode)
    if was_open and bits_of(course) & EVERYBODY & ~folder_mode:
        LOG.warning(
            "%s can be read by other users of this machine, and its permissions cannot be changed here. "
            "Have its owner close it (chmod 700), or move the course to another file system.",
            course,
        )
    elif was_open:
        LOG.warning(
            "%s could be read by other users of this machine, and now by %s alone. Those who grade with "
            "you get in by c.CourseDirectory.groupshared = True in its nbgrader_config.py.%s",
            course,
            "its group" if groupshared else "you",
            NEW_SEED if (course / "secret_seed.txt").exists() else "",
        )


def own_paths(course: Path, file_mode: int) -> Iterator[Path]:
    """Yield the course's folder and what lies in it that is not nbgrader's, without following links.

    A folder that is closed already has only closed files in it: they are written so.
    """
    yield course
    yield from (path for path in course.iterdir() if path.is_file() and not path.is_symlink())
    for folder in (course / name for name in OWN_FOLDERS):
        if folder.is_dir() and bits_of(folder) & 0o666 != file_mode:
            inside = [path for path in folder.rglob("*") if not path.is_symlink()]
            # The folder itself is the last: where this is stopped, the next run does it again.
            yield from (*inside, folder)


def bits_of(path: Path) -> int:
    """Return who may read, write and enter: the last nine bits of a path's mode."""
    return path.stat().st_mode & 0o777
