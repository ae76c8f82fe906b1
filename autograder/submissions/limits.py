"""The limits on what one student submits: how much trusted code reads, keeps and renders of it.

They bound size and number, so that time and memory are bounded, too: what is done with a text within
them is linear in its length, or quadratic in a small number. What is over a limit is named, and a person
looks; the rest of the student's work is graded. The limits on code that runs are in sandbox/limits.py.
"""

from detrlab.cells.cell import LONGEST

# One student's files, of which each is read once (inbox/, intake.py).
MAX_FILE_BYTES = 32_000_000
MAX_TOTAL_BYTES = 200_000_000  # of all files together, unpacked
MAX_STUDENT_FILES = 500  # that are read, and as many of kinds that are not graded
MAX_SECONDS = 20.0  # CPU time of reading them; an ordinary notebook takes some hundredths

# One upload, which may be the export of a class (inbox/archives.py, inbox/folders.py).
MAX_UPLOAD_FILES = 5_000  # that are read
MAX_NAMES = 60_000  # in a zip's directory: a Python environment has some 50,000
MAX_DIRECTORY_BYTES = 16_000_000  # of a zip's directory, which is read whole
MAX_UPLOAD_NAMES = 10 * MAX_NAMES  # in the zips of a zip
PACKED_AGAIN = 3  # times the size of a zip that the zips in it may have, beside what one student's may
LONGEST_PATH = 1_000  # bytes of a file's path in a zip, and of the field beside it
LONGEST_NAME = 255  # characters of a part of that path, as of all file systems

# One notebook's JSON (notebook_json.py).
MAX_CELLS = 2_000
MAX_DEPTH = 40  # levels of nested lists and objects
MAX_CONTAINERS = 100_000  # lists and objects
MAX_VALUES = 1_000_000  # strings, separators, lists and objects: a log of half a million lines

# What a learner wrote in one notebook (notebook_json.py, and so all that comes after it).
LONGEST_CODE = LONGEST  # characters of a code cell
LONGEST_TEXT = 20_000  # characters of a Markdown cell, of which written answers are some
MAX_CODE = 3 * LONGEST_CODE  # characters of all code cells
MAX_TEXT = 10 * LONGEST_TEXT  # characters of all Markdown cells

# What a notebook's outputs and pictures may take (outputs.py).
MAX_OUTPUT = 4_000_000  # characters: enough for plots and logs, not for dumps of data
MAX_OUTPUTS = 1_000  # outputs and pictures
MAX_COLOURS = 2_000  # escape sequences, each of which becomes a tag of a page
LONGEST_COLOURED = 200_000  # characters of a text that keeps its colours

# What is compared with demos (rebuild.py): characters of a cell, and cells.
LONGEST_DEMO, MOST_DEMOS = 10_000, 100

# One page (reports/sanitizing.py). Each tag takes a kilobyte while nbconvert makes it.
MAX_TAGS = 60_000  # made of what the learner wrote
LONGEST_HIGHLIGHTED = 20_000  # characters of a code cell in colours
LONGEST_HTML = 500_000  # characters of an output
MAX_REPEATED_TAGS = 1_000_000  # where tags like <b> are not closed, and so are opened again
MAX_RAW_TAGS = 300  # in a learner's Markdown that are read as HTML
