"""Rubrics: when a practical may be read against another wording."""

from django.utils.translation import gettext_noop

from assessments.models import Criterion, Practical, Rubric, RubricVersion
from courses.lib.refusals import Refusal

OTHER_RUBRIC = Refusal(
    "other-rubric",
    gettext_noop("This practical is read against another rubric. Change that on the practical’s own page."),
)
USED_ALREADY = Refusal("used-already", gettext_noop("New tries of this practical get this wording already."))
WRITTEN_MEANWHILE = Refusal(
    "written-meanwhile",
    gettext_noop(
        "Somebody wrote another wording of this rubric meanwhile. Read that one first; saving again puts yours after it."
    ),
)


def why_not_use_wording(practical: Practical, version: RubricVersion) -> Refusal | None:
    """Why new tries of a practical can't get this wording. Source: rules.md 4.11."""
    if practical.rubric_version.rubric_id != version.rubric_id:
        return OTHER_RUBRIC
    return USED_ALREADY if practical.rubric_version_id == version.pk else None


def practicals_of(version: RubricVersion) -> list[Practical]:
    """The practicals that read against any wording of this one's rubric. One query."""
    rows = Practical.objects.filter(rubric_version__rubric=version.rubric_id)
    return list(rows.select_related("rubric_version").order_by("title"))


def rubric_alignments(rubric: Rubric) -> list[tuple[str, int]]:
    """What the criteria of a rubric show: their name and the competency, the same in every wording. One query."""
    rows = Criterion.objects.filter(rubric_version__rubric=rubric, competency__isnull=False).order_by()
    return list(rows.values_list("slug", "competency").distinct())
