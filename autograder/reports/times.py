"""Read times as people and platforms write them, in the time zone of a course."""

import re
from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

EXAMPLE = "2026-11-27T23:59+01:00"
DATES = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%d.%m.%Y", "%Y-%m-%d")
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I%M %p")
# After what `plain_words` leaves of them: Canvas, Moodle and Brightspace; the last one is Blackboard's.
FORMS = (*(f"{date} {clock}" for date, clock in product(DATES, CLOCKS)), "%Y-%m-%d-%H-%M-%S")
WEEKDAY = re.compile(
    r"^(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)[ ,]+", re.IGNORECASE
)
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class UnreadableTime(ValueError):
    """A time that cannot be read; the message continues from the time itself."""


def read_time(text: str, zone: ZoneInfo | None, is_deadline: bool = False) -> datetime:
    """Return a time in UTC, as a naive datetime.

    Args:
        text: in ISO 8601, or as Canvas, Moodle, Brightspace or Blackboard write it in English.
        zone: the zone of a time that names none; None if it is unknown.
        is_deadline: of the two times that a clock shows twice in autumn, the later one is a deadline and
            the earlier one a submission, so that nobody loses points by that hour.

    Raises:
        UnreadableTime: if it is no time, one of several, or in an unknown zone.
    """
    time = from_iso(text) or from_words(text)
    if time.tzinfo is None:
        if zone is None:
            raise UnreadableTime(
                f"has no time zone; write it like {EXAMPLE}, or name the course's in its settings: "
                'c.LatePolicy.timezone = "Europe/Berlin"'
            )
        time = time.replace(tzinfo=zone, fold=int(is_deadline))
    return time.astimezone(UTC).replace(tzinfo=None)


def from_iso(text: str) -> datetime | None:
    """Return a time in ISO 8601, also as nbgrader writes it; None if it is another form.

    Raises:
        UnreadableTime: if it is a date alone.
    """
    try:
        time = datetime.fromisoformat(re.sub(r" (?:UTC|GMT)$", "Z", text))
    except ValueError:
        return None
    if not re.search(r"[T ]\d\d", text):
        raise UnreadableTime(f"has no time of the day; write it like {EXAMPLE}")
    return time


def from_words(text: str) -> datetime:
    """Return a time as a platform writes it.

    Raises:
        UnreadableTime: if it is none, or day and month may be meant either way round.
    """
    words, is_utc = plain_words(text)
    for form in FORMS:
        try:
            return datetime.strptime(words, form).replace(tzinfo=UTC if is_utc else None)
        except ValueError:
            continue
    raise UnreadableTime(f"cannot be read; write it like {EXAMPLE}")


def plain_words(text: str) -> tuple[str, bool]:
    """Return a time without commas, weekday and the like, and whether it is said to be in UTC.

    Raises:
        UnreadableTime: if day and month may be meant either way round.
    """
    words = WEEKDAY.sub("", re.sub(r"\s+", " ", text.strip()))
    is_utc = bool(re.search(r" (?:UTC|GMT|Z)$", words))
    words = re.sub(r" (?:UTC|GMT|Z)$", "", words)
    words = re.sub(r",| at\b|(?<=\d)(?:st|nd|rd|th)\b", "", words)
    words = re.sub(r" ?\b([ap])\.?m\.?$|(?<=\d)([ap])\.?m\.?$", r" \1\2m", words, flags=re.IGNORECASE)
    if match := SLASHES.match(words):
        first, second, year = map(int, match.groups())
        if first <= 12 and second <= 12 and first != second:
            raise UnreadableTime(f"may be in two months; write it like {EXAMPLE}")
        day, month = (second, first) if second > 12 else (first, second)
        words = f"{year}-{month:02}-{day:02}{words[match.end() :]}"
    return words, is_utc
