"""A file that is no notebook is refused, with the reason in plain words."""

import pytest

from autograder.submissions.limits import MAX_FILE_BYTES
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook, python_version


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "co', "cut off"),
        (b'{"nbformat": 4, "cells": [', "cut off"),
        (b'{"nbformat": 4, oops "cells": []}\n\n', "damaged at line 1"),
        (b'{"nbformat": 4,\n<<<<<<< HEAD\n=======\n>>>>>>> a\n"cells": []}', "git conflict"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 99, "cells": []}', "format 99"),
        (b'{"nbformat": "4", "cells": []}', "format '4'"),
        (b'{"nbformat": 4, "cells": []}', "no cells"),
        (b'{"nbformat": 4, "cells": 3}', "no list of cells"),
        (b"[1]", "not a notebook"),
        (b'{"nbformat": 4, "cells": "\xe9"}', "UTF-8"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf\n <html lang='en'>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"PK\x03\x04\x14", "zip under another name"),
        pytest.param(
            b'{"nbformat": 4, "cells": ' + b"[" * 100 + b"]" * 100 + b"}", "too deeply", id="deep"
        ),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "too deeply", id="very deep"),
        pytest.param(b" " * (MAX_FILE_BYTES + 1), "larger than", id="large"),
    ],
)
def test_unreadable_notebook_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        parse_notebook(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_number_in_an_output_is_no_reason_to_refuse_a_notebook(encoding: str, number: str) -> None:
    cell = f'{{"cell_type": "code", "source": "é", "outputs": [{{"data": {number}}}]}}'
    notebook = parse_notebook(f'{{"nbformat": 4, "cells": [{cell}]}}'.encode(encoding))
    assert notebook["cells"][0]["source"] == "é"


@pytest.mark.parametrize("version", ["3.12", "3.12.3", "3.13.0rc1", "3.14.0+"])
def test_version_of_python_is_read(version):
    assert (
        python_version({"metadata": {"language_info": {"name": "python", "version": version}}}) == version
    )


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        {"language_info": "3.12"},
        {"language_info": {"name": "R", "version": "4.3.1"}},
        {"language_info": {"version": "3.12"}},
        *(
            {"language_info": {"name": "python", "version": v}}
            for v in ("", "three", 3.12, "3.12<b>", "3" * 99)
        ),
    ],
)
def test_version_that_is_missing_malformed_or_another_languages_is_none(metadata):
    assert python_version({"metadata": metadata}) == ""
