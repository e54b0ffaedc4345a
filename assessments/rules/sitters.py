"""Who may not sit an exam for credit: those who judged its standard and those who may read its answers.

Source: rules.md 3.31, 3.32.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Attempt, Exam, Judge, Waiver
from assessments.models.attempts import LIVE
from courses.lib.people import Person
from courses.lib.refusals import Refusal

KEY_CODENAMES = ("view_answerkey", "view_question", "change_question", "view_questionversion")
"""Permissions whose pages show what is right."""
READS_KEYS = Refusal(
    "reads-keys",
    gettext_noop(
        "You may read the right answers of this exam, so a pass would prove nothing. A colleague in Field "
        "Enablement may waive that for you, with a reason."
    ),
)
JUDGED = Refusal(
    "judged-it",
    gettext_noop(
        "You judged where the pass mark of this exam should lie, so you have seen its questions. Field Enablement may "
        "waive that for you, with a reason."
    ),
)


def apart_because(*, reads_keys: bool, judged: bool, waived: bool) -> Refusal | None:
    """The refusal that these facts come to."""
    if waived:
        return None
    return READS_KEYS if reads_keys else JUDGED if judged else None


def facts_of_row(exam_id: Any) -> dict[str, Any]:
    """What `apart_because` asks, as annotations of a query over people: no query of its own. `exam_id`: or an expression."""
    keys = Permission.objects.filter(content_type__app_label="assessments", codename__in=KEY_CODENAMES)
    by_group = Group.objects.filter(user=OuterRef("pk"), permissions__in=keys.values("pk"))
    own = keys.filter(user=OuterRef("pk"))
    judges = Judge.objects.filter(person=OuterRef("pk"), setting__exam_version__exam__bank__exams=exam_id)
    waivers = Waiver.objects.open().filter(learner=OuterRef("pk"), exam=exam_id)
    return {
        "reads_keys": Q(is_superuser=True) | Exists(by_group) | Exists(own),
        "judged": Exists(judges),
        "waived": Exists(waivers),
    }


def reads_keys(person: Person) -> bool:
    """Whether one of the person's rights shows them what is right."""
    return any(person.has_perm(f"assessments.{codename}") for codename in KEY_CODENAMES)


def exams_apart(learner: Person) -> dict[int, Refusal]:
    """exam -> why the learner may not sit it for credit. One query, and those of the rights where none is loaded yet."""
    waived = Waiver.objects.open().filter(learner_id=learner.pk, exam=OuterRef("pk"))
    judges = Judge.objects.filter(person_id=learner.pk, setting__exam_version__exam__bank=OuterRef("bank"))
    exams = Exam.objects.filter(~Exists(waived))
    if reads_keys(learner):
        return dict.fromkeys(exams.values_list("pk", flat=True), READS_KEYS)
    return dict.fromkeys(exams.filter(Exists(judges)).values_list("pk", flat=True), JUDGED)


def why_not_sit(learner: Person, exam: Exam) -> Refusal | None:
    """Why this person may not sit this exam for credit. One query."""
    facts = facts_of_row(exam.pk)
    said = get_user_model()._default_manager.annotate(**facts).values(*facts).get(pk=learner.pk)
    return apart_because(**said)


def why_not_let_read(person_id: int) -> Refusal | None:
    """Why nobody gets a right that shows right answers now: they sit a scored exam. One query."""
    running = Attempt.objects.filter(learner_id=person_id, scored=True, state__in=LIVE).select_related("exam").first()
    if running is None:
        return None
    return Refusal(
        "sits-an-exam",
        _("This person sits “%(exam)s” now, and this right shows its answers. Give it afterwards.")
        % {"exam": running.exam},
    )


def why_not_waive(learner: Person, exam: Exam, by: Person) -> Refusal | None:
    """Why nothing is waived: it would be one's own, or it was waived already. One query."""
    if learner.pk == by.pk:
        return Refusal("own-waiver", _("Nobody waives this for themselves. Ask a colleague."))
    if Waiver.objects.open().filter(learner_id=learner.pk, exam=exam).exists():
        return Refusal("waived-already", _("This person may sit this exam already."))
    return None
