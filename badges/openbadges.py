"""What an award says, as an Open Badges 3.0 credential. Pure: facts in, JSON out; no database, no clock, no network.

Source: Open Badges 3.0 on VC Data Model 2.0. Whoever awards fills `AwardFacts`; nothing in it may name the holder,
a customer or an address of a person, because a credential is public and can't be called back.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jsonschema import Draft201909Validator

from badges.alignments import AlignmentFacts, alignments

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
)
SCHEMA_ID = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
ENDORSEMENT_SCHEMA_ID = SCHEMA_ID.replace("achievement", "endorsement")
ENDORSEMENT = "EndorsementCredential"
SCHEMAS = Path(__file__).parent / "schemas"
PINNED = {
    "ob_v3p0_achievementcredential_schema.json": "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea",
    "ob_v3p0_achievementcredential_schema.strict-2024.json": (
        "859e405b592d93c3261fe899362f4128801140d4d20c01502a066b3540483d95"
    ),
    "ob_v3p0_endorsementcredential_schema.json": "786b1190ea97e7e339d8057f02414603c0e2b8b1cbe46fd72165c73f39a256c6",
}
"""The schemas by file: of awards in two editions, of endorsements in one."""


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """One row of a rubric and the level reached on it.

    `levels`: the texts of all levels from the lowest to the highest; `level` counts from 1.
    """

    slug: str
    name: str
    level: int
    levels: tuple[str, ...]
    area: str = ""

    def __post_init__(self) -> None:
        """A level that the rubric lacks would make a result that points nowhere."""
        if not 1 <= self.level <= len(self.levels):
            raise ValueError(f"{self.slug} has no level {self.level}.")


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """One thing that was scored, e.g. the written exam or the capstone.

    `slug` is unique in the award. `points`, `maximum` and `needed` are decimals as text, e.g. "21", "25", "18"; leave
    them empty to state only the criteria. `percent` says that they are shares of 100.
    """

    slug: str
    name: str
    points: str = ""
    maximum: str = ""
    needed: str = ""
    percent: bool = False
    criteria: tuple[CriterionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """One proof that the award stands on, in words for anyone: never a person, a customer or a private address.

    `proof`: know, show or keep. `narrative`: e.g. "Scored by two graders on 25 May 2026, unsupervised".
    """

    proof: str
    name: str
    narrative: str


@dataclass(frozen=True, slots=True)
class AwardFacts:
    """Everything an award states beside its achievement.

    `awarded_at`: the moment the requirements were met (aware). `valid_until`: inclusive date in `time_zone`, or None.
    `rule_version`: which edition of the program's rules was met, e.g. "Accredited Partner Seller, version 3".
    `statement`: what the holder has shown, in one or two sentences that follow their name. `tags`: what it was shown with,
    e.g. the use case; they stand beside those of the badge. `alignment`: competencies that its proofs are about.
    """

    awarded_at: datetime
    rule_version: str
    statement: str
    valid_until: date | None = None
    time_zone: str = "UTC"
    results: tuple[ResultFacts, ...] = ()
    evidence: tuple[EvidenceFacts, ...] = ()
    tags: tuple[str, ...] = ()
    alignment: tuple[AlignmentFacts, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The facts as plain JSON values, for the row that keeps them."""
        return json.loads(json.dumps(asdict(self), default=lambda value: value.isoformat()))

    def expires_at(self) -> datetime | None:
        """The last second of the last valid day, in UTC; None when the award has no end."""
        if self.valid_until is None:
            return None
        return datetime.combine(self.valid_until, time(23, 59, 59), ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """Who issues: the address of the site without a slash at its end, and the name of the organisation."""

    site_url: str
    name: str

    @property
    def did(self) -> str:
        """The issuer's did:web; a port is written as %3A."""
        return "did:web:" + urlsplit(self.site_url).netloc.replace(":", "%3A")


@dataclass(frozen=True, slots=True)
class AchievementFacts:
    """The badge class as the credential repeats it. `criteria` is markdown, `language` a code of BCP 47."""

    slug: str
    version: int
    name: str
    description: str
    criteria: str
    achievement_type: str
    tags: tuple[str, ...] = ()
    alt_text: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A credential that this one follows, by its UUID, and how, in a sentence."""

    credential_id: str
    narrative: str


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """What belongs to this one credential: its UUID, the holder's pairwise UUID and its first valid second.

    `status`: its `credentialStatus`, ready made; empty leaves it out. `follows`: credentials before it.
    """

    credential_id: str
    subject_id: str
    valid_from: datetime
    status: dict[str, str] = field(default_factory=dict)
    follows: tuple[Earlier, ...] = ()


def whole_seconds(moment: datetime) -> datetime:
    """The moment without its fraction: `nbf` must equal `validFrom`, and a JWT counts whole seconds."""
    return moment.replace(microsecond=0)


def timestamp(moment: datetime) -> str:
    """UTC with whole seconds and Z."""
    return whole_seconds(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def credential_url(site_url: str, credential_id: str) -> str:
    """The one id of a credential, the same in every form of it."""
    return f"{site_url}/credentials/{credential_id}.json"


def refresh_service(site_url: str, credential_id: str) -> dict[str, str]:
    """Where the newest signing of this badge is served: signed bytes can't name what comes after them."""
    return {"id": f"{site_url}/credentials/{credential_id}/newest.json", "type": "1EdTechCredentialRefresh"}


def achievement_url(site_url: str, slug: str) -> str:
    """The id of an achievement, which is its page."""
    return f"{site_url}/badges/{slug}/"


def issuer_profile(issuer: IssuerFacts) -> dict[str, Any]:
    """The Profile that every credential embeds and `/issuer/` serves."""
    return {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": f"{issuer.site_url}/issuer/"}


def build_credential(
    *, issuer: IssuerFacts, achievement: AchievementFacts, award: AwardFacts, credential: CredentialFacts
) -> dict[str, Any]:
    """The credential, unsigned. Members that would be empty are left out; multi-valued members are arrays."""
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": credential_url(issuer.site_url, credential.credential_id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement.name,
        "description": achievement.description,
        "image": _image(issuer, achievement),
        "issuer": issuer_profile(issuer),
        "validFrom": timestamp(credential.valid_from),
        "awardedDate": timestamp(award.awarded_at),
        "credentialSubject": _subject(issuer, achievement, award, credential),
        "evidence": [*_evidence(award), *_earlier(issuer, credential)],
        "refreshService": refresh_service(issuer.site_url, credential.credential_id),
        "credentialSchema": [{"id": SCHEMA_ID, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    if (expires_at := award.expires_at()) is not None:
        document["validUntil"] = timestamp(expires_at)
    if credential.status:
        document["credentialStatus"] = credential.status
    return document


def _subject(
    issuer: IssuerFacts, achievement: AchievementFacts, award: AwardFacts, credential: CredentialFacts
) -> dict[str, Any]:
    url = achievement_url(issuer.site_url, achievement.slug)
    subject: dict[str, Any] = {
        "id": f"urn:uuid:{credential.subject_id}",
        "type": ["AchievementSubject"],
        "narrative": award.statement,
        "achievement": _achievement(issuer, achievement, award),
    }
    if results := [row for result in award.results for row in _results(url, result)]:
        subject["result"] = results
    return subject


def _achievement(issuer: IssuerFacts, achievement: AchievementFacts, award: AwardFacts) -> dict[str, Any]:
    url = achievement_url(issuer.site_url, achievement.slug)
    facts: dict[str, Any] = {
        "id": url,
        "type": ["Achievement"],
        "name": achievement.name,
        "description": achievement.description,
        "criteria": {"id": url, "narrative": achievement.criteria},
        "achievementType": achievement.achievement_type,
        "version": str(achievement.version),
        "inLanguage": achievement.language,
        "creator": issuer_profile(issuer),
        "image": _image(issuer, achievement),
    }
    if tags := list(dict.fromkeys((*achievement.tags, *award.tags))):
        facts["tag"] = tags
    if award.alignment:
        facts["alignment"] = alignments(award.alignment)
    if descriptions := [row for result in award.results for row in _descriptions(url, result)]:
        facts["resultDescription"] = descriptions
    return facts


def _image(issuer: IssuerFacts, achievement: AchievementFacts) -> dict[str, str]:
    url = achievement_url(issuer.site_url, achievement.slug)
    return {"id": f"{url}image.png", "type": "Image", "caption": achievement.alt_text or f"Badge: {achievement.name}"}


def _part(url: str, *slugs: object) -> str:
    return f"{url}#{'-'.join(str(slug) for slug in slugs)}"


def _descriptions(url: str, result: ResultFacts) -> list[dict[str, Any]]:
    rows = [_rubric_row(url, result, criterion) for criterion in result.criteria]
    if not result.points:
        return rows
    kind = "Percent" if result.percent else "RubricScore" if result.criteria else "RawScore"
    total = {"id": _part(url, result.slug), "type": ["ResultDescription"], "name": result.name, "resultType": kind}
    bounds = {"valueMin": "0", "valueMax": result.maximum, "requiredValue": result.needed}
    return [total | {key: value for key, value in bounds.items() if value}, *rows]


def _rubric_row(url: str, result: ResultFacts, criterion: CriterionFacts) -> dict[str, Any]:
    return {
        "id": _part(url, result.slug, criterion.slug),
        "type": ["ResultDescription"],
        "name": criterion.name,
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": [
            {
                "id": _part(url, result.slug, criterion.slug, number),
                "type": ["RubricCriterionLevel"],
                "name": f"Level {number} of {len(criterion.levels)}",
                "description": text,
                "level": str(number),
                "points": str(number),
            }
            for number, text in enumerate(criterion.levels, start=1)
        ],
    }


def _results(url: str, result: ResultFacts) -> list[dict[str, Any]]:
    rows = [
        {
            "type": ["Result"],
            "resultDescription": _part(url, result.slug, criterion.slug),
            "achievedLevel": _part(url, result.slug, criterion.slug, criterion.level),
            "value": str(criterion.level),
        }
        for criterion in result.criteria
    ]
    if not result.points:
        return rows
    return [{"type": ["Result"], "resultDescription": _part(url, result.slug), "value": result.points}, *rows]


def _evidence(award: AwardFacts) -> list[dict[str, Any]]:
    rows = [
        {"type": ["Evidence"], "name": proof.name, "narrative": proof.narrative, "genre": proof.proof}
        for proof in award.evidence
    ]
    rules = {
        "type": ["Evidence"],
        "name": "Rules that were met",
        "narrative": f"The requirements of {award.rule_version}.",
    }
    return [*rows, rules]


def _earlier(issuer: IssuerFacts, credential: CredentialFacts) -> list[dict[str, Any]]:
    """Open Badges links achievements, not credentials: an earlier one is named as what this one stands on, by its id."""
    return [
        {
            "id": credential_url(issuer.site_url, one.credential_id),
            "type": ["Evidence"],
            "name": "The award before this one",
            "narrative": one.narrative,
            "genre": "predecessor",
        }
        for one in credential.follows
    ]


def anew(
    document: Mapping[str, Any], *, site_url: str, credential_id: str, valid_from: datetime, status: Mapping[str, str]
) -> dict[str, Any]:
    """The bare credential once more: all that it says of the award, with an id, a beginning, a status and a way on of its own."""
    own: dict[str, Any] = {"id": credential_url(site_url, credential_id), "validFrom": timestamp(valid_from)}
    if "refreshService" in document:
        own["refreshService"] = refresh_service(site_url, credential_id)
    return {**document, **own, "credentialStatus": dict(status)}


def as_text(document: dict[str, Any]) -> str:
    """The one text of a document: what is stored, hashed, served and signed."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=len(PINNED))
def _validator(name: str) -> Draft201909Validator:
    content = (SCHEMAS / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != PINNED[name]:
        raise ValueError(f"{name} is not the file that was pinned.")
    return Draft201909Validator(json.loads(content))


def schema_errors(document: Any) -> list[str]:
    """What the published schemas find wrong: a path and a message each; empty when valid.

    An award is tried by the present and by the arrays-only one, an endorsement by its own.
    """
    wanted = "endorsement" if is_endorsement(document) else "achievement"
    return [
        f"{error.json_path}: {error.message[:200]}"
        for name in PINNED
        if wanted in name
        for error in _validator(name).iter_errors(document)
    ]


def is_endorsement(document: Any) -> bool:
    """Whether a document says of itself that it is an EndorsementCredential."""
    kinds = document.get("type") if isinstance(document, dict) else None
    return ENDORSEMENT in kinds if isinstance(kinds, list) else kinds == ENDORSEMENT
