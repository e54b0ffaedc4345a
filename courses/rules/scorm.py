"""What a package may tell about a learner, and what follows: the data model of SCORM, checked once more on our side.

The runtime in the browser answers with the standard's error codes; what it sends is believed no more than any other form.
Source: SCORM 1.2 Run-Time Environment 3.4; SCORM 2004 4th Edition RTE 4.2; rules.md 2.27 to 2.30.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal

MOST_VALUES, MOST_SIGNS = 2000, 200_000
STATUS_12 = ("passed", "completed", "failed", "incomplete", "browsed", "not attempted")
TIME_12 = re.compile(r"(\d{2,4}):([0-5]\d):([0-5]\d)(?:\.\d{1,2})?", re.ASCII)
TIME_2004 = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d{1,2})?S)?)?",
    re.ASCII,
)
NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,7})?", re.ASCII)
LISTED = re.compile(
    r"cmi\.(?:objectives|interactions)\.\d{1,3}\.[a-z_]+(?:\.[a-z_]+)?(?:\.\d{1,2}\.[a-z_]+)?", re.ASCII
)
Check = Callable[[str], bool]


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _up_to(most: int) -> Check:
    return lambda value: len(value) <= most


def _between(low: float, high: float) -> Check:
    return lambda value: bool(NUMBER.fullmatch(value)) and low <= float(value) <= high


ANY = 1e9
KEPT: Mapping[str, Mapping[str, Check]] = {
    "1.2": {
        "cmi.core.lesson_status": _one_of(*STATUS_12),
        "cmi.core.lesson_location": _up_to(255),
        "cmi.core.exit": _one_of("time-out", "suspend", "logout", ""),
        "cmi.core.score.raw": lambda value: value == "" or _between(0, 100)(value),
        "cmi.core.score.min": lambda value: value == "" or _between(0, 100)(value),
        "cmi.core.score.max": lambda value: value == "" or _between(0, 100)(value),
        "cmi.core.session_time": lambda value: bool(TIME_12.fullmatch(value)),
        "cmi.suspend_data": _up_to(4096),
        "cmi.comments": _up_to(4096),
    },
    "2004": {
        "cmi.completion_status": _one_of("completed", "incomplete", "not attempted", "unknown"),
        "cmi.success_status": _one_of("passed", "failed", "unknown"),
        "cmi.location": _up_to(1000),
        "cmi.exit": _one_of("time-out", "suspend", "logout", "normal", ""),
        "cmi.score.scaled": _between(-1, 1),
        "cmi.score.raw": _between(-ANY, ANY),
        "cmi.score.min": _between(-ANY, ANY),
        "cmi.score.max": _between(-ANY, ANY),
        "cmi.progress_measure": _between(0, 1),
        "cmi.session_time": lambda value: bool(TIME_2004.fullmatch(value)),
        "cmi.suspend_data": _up_to(64_000),
    },
}


def why_not_keep(version: str, values: Any) -> Refusal | None:
    """Values are texts by the names of the standard, each of the kind and size that it says."""
    wrong = Refusal("wrong-value", _("The package sent something that can't be kept."))
    if not isinstance(values, dict) or len(values) > MOST_VALUES:
        return wrong
    if not all(isinstance(one, str) and "\0" not in one and _is_text(one) for pair in values.items() for one in pair):
        return wrong
    if sum(map(len, values)) + sum(map(len, values.values())) > MOST_SIGNS:
        return Refusal("too-much", _("The package sent more than is kept of one learner."))
    checks = KEPT[version]
    if all(checks[name](value) if name in checks else _is_listed(name, value) for name, value in values.items()):
        return None
    return wrong


def _is_text(value: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def _is_listed(name: str, value: str) -> bool:
    return bool(LISTED.fullmatch(name)) and len(value) <= 4000


def is_done(version: str, values: Mapping[str, str]) -> bool:
    """Whether a part says that its learner is through with it: completed or passed, and not failed."""
    if version == "1.2":
        return values.get("cmi.core.lesson_status") in ("passed", "completed")
    success = values.get("cmi.success_status")
    return success == "passed" or (values.get("cmi.completion_status") == "completed" and success != "failed")


def status_of(version: str, values: Mapping[str, str]) -> tuple[str, str]:
    """(completion, success) as SCORM 2004 says them, whatever the version."""
    if version == "2004":
        return values.get("cmi.completion_status", "unknown"), values.get("cmi.success_status", "unknown")
    status = values.get("cmi.core.lesson_status", "not attempted")
    if status in ("passed", "failed"):
        return "completed", status
    return ("incomplete" if status == "browsed" else status), "unknown"


def score_of(version: str, values: Mapping[str, str]) -> str:
    """The score as the part said it; empty where it said none."""
    if version == "1.2":
        return values.get("cmi.core.score.raw", "")
    return values.get("cmi.score.scaled", "") or values.get("cmi.score.raw", "")


def session_seconds(version: str, values: Mapping[str, str]) -> int:
    """How long the session took, as the part said it; 0 where it said nothing."""
    said = values.get("cmi.core.session_time" if version == "1.2" else "cmi.session_time", "")
    if match := TIME_12.fullmatch(said):
        return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
    match = TIME_2004.fullmatch(said)
    if not match:
        return 0
    years, months, days, hours, minutes, seconds = (int(one or 0) for one in match.groups())
    return (years * 365 + months * 30 + days) * 86_400 + hours * 3600 + minutes * 60 + seconds


def time_in_words(version: str, seconds: int) -> str:
    """Total time in the standard's own notation."""
    hours, rest = divmod(min(seconds, 9999 * 3600), 3600)
    if version == "1.2":
        return f"{hours:04}:{rest // 60:02}:{rest % 60:02}.00"
    return f"PT{hours}H{rest // 60}M{rest % 60}S"


def all_done(items: Sequence[Mapping[str, Any]], done: set[str]) -> bool:
    """Whether every part of a package is through."""
    return all(one["identifier"] in done for one in items)
