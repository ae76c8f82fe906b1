"""Attempts to submit for others, to have their work refused, or to replace it: inboxes, taken in second.

Ada, Bob, Carl and Mallory are on the roster. Ada and Bob have submitted in folders of their names before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.submissions.student_ids import Roster
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.submissions.inbox_files import NOTEBOOK, RIGHT, zip_bytes

ROSTER = Roster(
    {"ada", "bob", "carl", "mallory"}, {"1042": "ada", "7": "bob", "8": "carl", "9": "mallory"}
)
VICTIMS = ("ada", "bob")
FILE = f"{STEP}.ipynb"
STOLEN = NOTEBOOK.replace(RIGHT.replace("\n", "\\n"), "def layer(x):\\n    return 'stolen'")
TIME = "attempt_2026-11-27-23-59-59"
AS_ADA = {f"lovelaceada_1042_55_{FILE}": STOLEN}
AS_BOTH = AS_ADA | {f"bob_7_56_{FILE}": STOLEN}
ADA_AS_IN_MOODLE = f"Ada_1042_assignsubmission_file_/{FILE}"


@dataclass(frozen=True)
class IdentityAttack:
    """One inbox, and what has to come of it.

    Attributes:
        name: what it does.
        files: of the inbox, by path.
        taken: the students for whom something counts.
        message: a part of the reason of what does not; empty where all counts.
        platform: whose export the instructor says it is.
        is_confirmed: whether the instructor confirms what looks like an export.
    """

    name: str
    files: Mapping[str, str | bytes]
    taken: frozenset[str] = field(default_factory=frozenset)
    message: str = ""
    platform: str = ""
    is_confirmed: bool = False


def attack(
    name: str,
    files: Mapping[str, str | bytes],
    *taken: str,
    message: str = "",
    platform: str = "",
    is_confirmed: bool = False,
) -> IdentityAttack:
    """Return an attack."""
    return IdentityAttack(name, files, frozenset(taken), message, platform, is_confirmed)


SAY_SO = "if it is from one, say so"
ATTACKS = [
    attack("late zip named like an export", {"late.zip": zip_bytes(AS_BOTH)}, message=SAY_SO),
    attack("late zip of one victim", {"late.zip": zip_bytes(AS_ADA)}, message=SAY_SO),
    attack("victim's name in one's own zip", {"mallory.zip": zip_bytes(AS_BOTH)}, "mallory"),
    attack("victim's name in one's own folder", {f"mallory/{ADA_AS_IN_MOODLE}": STOLEN}, "mallory"),
    attack(
        "victim's zip in one's own zip",
        {"mallory.zip": zip_bytes({"submissions.zip": zip_bytes(AS_BOTH)})},
        "mallory",
    ),
    attack("second download of one's own", {"mallory (1).zip": zip_bytes(AS_BOTH)}, "mallory"),
    attack("victim's number behind a name", {f"eve_1042/{FILE}": STOLEN}, "eve_1042"),
    attack("victim's number behind a zip's name", {"eve_7.zip": zip_bytes({FILE: STOLEN})}, "eve_7"),
    attack(
        "folders called like victims",
        {"homework.zip": zip_bytes({f"ada/{FILE}": STOLEN, f"bob/{FILE}": STOLEN})},
        message="--export folders",
    ),
    attack(
        "folder called like a platform's", {ADA_AS_IN_MOODLE: STOLEN}, message="is named as in Moodle's"
    ),
    attack("loose files of both", AS_BOTH, message="is named as in Canvas's"),
    attack(
        "platform's name in one folder of a class",
        {"class.zip": zip_bytes({f"mallory/{ADA_AS_IN_MOODLE}": STOLEN, f"carl/{FILE}": NOTEBOOK})},
        "carl",
        "mallory",
        is_confirmed=True,
    ),
    attack(
        "platform's name in one zip of a class",
        {
            "class.zip": zip_bytes(
                {
                    "mallory.zip": zip_bytes({ADA_AS_IN_MOODLE: STOLEN}),
                    "carl.zip": zip_bytes({FILE: NOTEBOOK}),
                }
            )
        },
        "carl",
        "mallory",
        is_confirmed=True,
    ),
    attack(
        "victim's name deep in an export",
        {
            "class.zip": zip_bytes(
                {f"carl_8_55_{FILE}": NOTEBOOK, f"late/mallory/lovelaceada_1042_56_{FILE}": STOLEN}
            )
        },
        "carl",
        message="is not named as in Canvas's export",
        platform="canvas",
    ),
    attack(
        "victim's name behind one's own in Moodle",
        {
            f"Mallory_9_assignsubmission_file_Ada_1042_assignsubmission_file_{FILE}": STOLEN,
            f"Carl_8_assignsubmission_file_{FILE}": NOTEBOOK,
        },
        "carl",
        message="may be of several students",
        platform="moodle",
    ),
    attack(
        "victim's login behind one's own in Blackboard",
        {
            f"Step 3_mallory_{TIME}_z_ada_{TIME}_{FILE}": STOLEN,
            f"Step 3_carl_{TIME}_{FILE}": NOTEBOOK,
        },
        "carl",
        "mallory",
        platform="blackboard",
    ),
    attack(
        "login that ends in a victim's",
        {
            f"Step 3_x_ada_{TIME}_{FILE}": STOLEN,
            f"Step 3_carl_{TIME}_{FILE}": NOTEBOOK,
            f"Step 3_mallory_{TIME}_{FILE}": NOTEBOOK,
        },
        "carl",
        "mallory",
        "x_ada",
        message="is of x_ada, who is not on the roster",
        platform="blackboard",
    ),
    attack(
        "login that ends in a victim's, alone",
        {f"Step 3_x_ada_{TIME}_{FILE}": STOLEN},
        message="may be of several students",
        platform="blackboard",
    ),
    attack(
        "folders in folders without end",
        {"mallory.zip": zip_bytes({"a/" * 3000 + FILE: NOTEBOOK}), f"carl/{FILE}": NOTEBOOK},
        "carl",
        message="a longer name than a disk allows",
    ),
    attack(
        "folders in folders without end, by nobody",
        {"late.zip": zip_bytes({"a/" * 3000 + FILE: NOTEBOOK}), f"carl/{FILE}": NOTEBOOK},
        "carl",
        message="a longer name than a disk allows",
    ),
    attack(
        "number of a victim with another name",
        {"class.zip": zip_bytes({f"mallory_1042_55_{FILE}": STOLEN, f"carl_8_56_{FILE}": NOTEBOOK})},
        "carl",
        message="has submitted by another way before, which still counts",
        platform="canvas",
    ),
    attack(
        "victims' names in one's own zip of an export",
        {"mallory_9_55_week1.zip": zip_bytes(AS_BOTH), f"carl_8_56_{FILE}": NOTEBOOK},
        "carl",
        message="may be of several students",
        platform="canvas",
    ),
    attack(
        "victims' names in one's own zip of an export that is asked about",
        {"mallory_9_55_week1.zip": zip_bytes(AS_BOTH), f"carl_8_56_{FILE}": NOTEBOOK},
        message=SAY_SO,
    ),
    attack(
        "victim's name in one's own zip of an export",
        {"mallory_9_55_week1.zip": zip_bytes(AS_ADA), f"carl_8_56_{FILE}": NOTEBOOK},
        "carl",
        "mallory",
        platform="canvas",
    ),
    attack(
        "late zip that is called by a date", {"late_2026_11_27.zip": zip_bytes(AS_BOTH)}, message=SAY_SO
    ),
    attack(
        "victim's folder in a confirmed export",
        {f"ada/{FILE}": STOLEN, "class.zip": zip_bytes({f"carl_8_56_{FILE}": NOTEBOOK})},
        "carl",
        message="is not named as in Canvas's export",
        platform="canvas",
    ),
]
