"""Read written answers from the saved notebooks, and count their words."""

import re
from collections.abc import Sequence

from detrlab.steps import find
from detrlab.study.notebooks import grade_name, notebook_cells, plain_answer

WORD = re.compile(r"\d+(?:[.,]\d+)+|\w(?:[\w'’-]*\w)?")


def written_answer(step: str, name: str) -> str | None:
    """Return the answer to a written question, as the notebook was last saved.

    Returns:
        "" if the answer is empty, None if there is no such notebook or no such question in it.
    """
    path = find(step)
    for cell in notebook_cells(path) if path else []:
        if grade_name(cell, "written") == name:
            return plain_answer(cell)
    return None


def count_words(step: str, name: str, limit: int, explain: Sequence[str] = ()) -> None:
    """Print how many words a written answer has, and whether they are within the limit.

    Args:
        step: the notebook, as it was last saved.
        name: of the question.
        limit: the largest number of words.
        explain: beginnings of words that the reader may not know; those in the answer are listed.
    """
    answer = written_answer(step, name)
    if answer is None:
        print(f"There is no {step}.ipynb with this question beside the running notebook. If you saved")
        print("yours under another name, rename it; or count by hand.")
    elif not answer:
        print(f"The answer is still empty in {step}.ipynb, as it was last saved. Write it, save the")
        print(
            "notebook (Ctrl+S, on a Mac Cmd+S) and run this cell again: the file counts, not the screen."
        )
    else:
        count = len(WORD.findall(answer))
        over = f"{count - limit} too many. Which sentence would nobody miss?"
        print(f"Words, as last saved: {count}, {over if count > limit else f'within the {limit}.'}")
        found = [word for word in explain if re.search(rf"\b{word}", answer, re.IGNORECASE)]
        if found:
            print(f"Would your reader know what these mean? {', '.join(found)}")
