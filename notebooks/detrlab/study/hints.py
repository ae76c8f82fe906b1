"""`hint("encoder_layer")`: the next folded hint of an exercise."""

from detrlab.display import present
from detrlab.study.notebooks import hints_of
from detrlab.study.session import hints_shown


def hint(exercise: str) -> None:
    """Show the next hint of an exercise, the first one at the first call."""
    hints = hints_of(exercise)
    if not hints:
        print(
            f'No notebook here has hints for "{exercise}". Look at the name in the check below the TODO.'
        )
        return
    number = min(hints_shown[exercise], len(hints) - 1)
    hints_shown[exercise] += 1
    title, text = hints[number]
    left = len(hints) - number - 1
    more = f"({left} more: call hint again)" if left else "(that was the last one)"
    present(f"{title}\n\n{text}\n\n{more}", markdown=f"**{title}**\n\n{text}\n\n*{more}*")
