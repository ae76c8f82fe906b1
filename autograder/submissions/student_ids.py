"""Turn names of folders and of students on a roster into ids."""

import hashlib
import re
import unicodedata


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
