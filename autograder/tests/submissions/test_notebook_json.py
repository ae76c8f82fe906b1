"""A file that is no notebook is refused, with the reason in plain words."""

import pytest

from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, parse_notebook


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "co', "cut off"),
        (b'{"nbformat": 4, "cells": [', "cut off"),
        (b'{"nbformat": 4, oops "cells": []}\n\n', "damaged at line 1"),
        (b'{"nbformat": 4,\n<<<<<<< HEAD\n=======\n>>>>>>> a\n"cells": []}', "git conflict"),
        (b'{"nbformat": 4, "cells": [{"x": NaN}]}', "NaN"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 99, "cells": []}', "format 99"),
        (b'{"nbformat": "4", "cells": []}', "format '4'"),
        (b'{"nbformat": 4, "cells": []}', "no cells"),
        (b'{"nbformat": 4, "cells": 3}', "no list of cells"),
        (b"[1]", "not a notebook"),
        (b"\xff\xfe{}", "UTF-8"),
        pytest.param(
            b'{"nbformat": 4, "cells": ' + b"[" * 100 + b"]" * 100 + b"}", "too deeply", id="deep"
        ),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "too deeply", id="very deep"),
        pytest.param(b" " * (MAX_BYTES + 1), "larger than", id="large"),
    ],
)
def test_unreadable_notebook_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        parse_notebook(data)
