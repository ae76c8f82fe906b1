"""Turn the names of folders and of rosters into ids."""

import hashlib
import re
import unicodedata


def student_id(name: str) -> str:
    """Turn a folder's name into an id that is safe in paths and URLs; different names stay different."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._@-]+", "_", ascii_name).strip("._-")[:60]
    if safe == name:
        return name
    return f"{safe or 'student'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:6]}"
