"""Achievements, award facts and issued credentials for the tests."""

from datetime import UTC, date, datetime, timedelta

import factory

from badges.actions.achievements import upsert_achievement
from badges.actions.credentials import issue_credential
from badges.alignments import AlignmentFacts
from badges.openbadges import AwardFacts, CriterionFacts, EvidenceFacts, ResultFacts
from courses.tests.people import make_person

LEVELS = ("Not seen.", "Seen once.", "Seen often.", "Seen throughout.", "Others learn from it.")


class CriterionFactsFactory(factory.Factory):
    class Meta:
        model = CriterionFacts

    slug = factory.Sequence(lambda n: f"criterion-{n}")
    name = factory.Sequence(lambda n: f"Criterion {n}")
    area = "Discovery"
    level = 4
    levels = LEVELS


class AwardFactsFactory(factory.Factory):
    class Meta:
        model = AwardFacts

    awarded_at = factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(days=1))
    valid_until = factory.LazyFunction(lambda: date.today() + timedelta(days=200))
    rule_version = "Accredited Partner Seller, rules 3"
    statement = "knows the product, ran a whole deal simulation and has spoken with a live customer."
    results = factory.LazyFunction(
        lambda: (
            ResultFacts("exam", "Written exam", "91.25", "100", "80", percent=True),
            ResultFacts("capstone", "Capstone", "21", "25", "18", criteria=(
                CriterionFacts("pain-points", "Pain point identification", 5, LEVELS, "Discovery"),
                CriterionFacts("next-steps", "Next steps", 4, LEVELS, "Closing"),
            )),
        )
    )  # fmt: skip
    evidence = (
        EvidenceFacts("know", "Written exam", "Scored 90 % or more in May 2026."),
        EvidenceFacts("show", "Capstone", "Scored by one grader on 2 June 2026, unsupervised."),
    )
    tags = ("DevSecOps", "sales")
    alignment = (
        AlignmentFacts(
            "value-selling",
            "Value selling",
            "http://localhost:8000/programs/competencies/value-selling/",
            "Field",
            "Ties work to worth.",
        ),
        AlignmentFacts(
            "objection-handling",
            "Objection handling",
            "http://localhost:8000/programs/competencies/objection-handling/",
            "Field",
        ),
    )


def make_achievement(**content):
    """The achievement of `slug`, by the real action."""
    content = {
        "slug": "accredited-partner-seller",
        "name": "Accredited Partner Seller",
        "description": "Sells the platform to its customers and can show it.",
        "criteria": "Passed the *written exam* and the capstone.",
        "shape": "disc",
        "tone": "night",
        "label": "Partner Seller",
        "tags": ["sales"],
        "by": None,
    } | content
    return upsert_achievement(**content)


def make_credential(*, holder=None, achievement=None, **facts):
    """A credential, issued by the real action; `facts` override those of the award."""
    return issue_credential(
        achievement=achievement or make_achievement(),
        holder=holder or make_person(name="Priya Raman"),
        facts=AwardFactsFactory(**facts),
    )


def make_expired_credential(**more):
    """A credential whose last day was yesterday."""
    today = datetime.now(UTC)
    return make_credential(
        awarded_at=today - timedelta(days=30), valid_until=(today - timedelta(days=1)).date(), **more
    )
