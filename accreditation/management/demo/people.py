"""The people of the demo and their organisations."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accreditation.models import Organisation, User
from accreditation.roles import ACCOMMODATIONS, ENABLEMENT, GRADER, LEARNER, PARTNER_MANAGER, REVIEW_LEAD
from courses.models import Persona, Role

PASSWORD = "demo-accreditation"  # noqa: S105 - the demo's own; the command is refused while DEBUG is off
ACCOUNTS = {
    "learner@example.com": "Mateo Lindqvist, a Strategic Account Leader who learns",
    "seller@example.com": "Ada Okafor, a partner's seller, further on the way",
    "grader@example.com": "Noor Haddad, grades recordings",
    "grader2@example.com": "Tomas Berg, grades recordings and leads the reviews",
    "enablement@example.com": "Ilse Brandt, runs everything in the administration",
    "partner-manager@example.com": "Lucía Ferrer, sees the people of Northbeam Partners",
    "manager@example.com": "Samir Nasser, Mateo's manager",
}
ORGANISATIONS = {"northbeam-partners": "Northbeam Partners", "castellan-consulting": "Castellan Consulting"}
ORDER = (
    "manager",
    "learner",
    "partner-manager",
    "seller",
    "grader",
    "grader2",
    "enablement",
    "priya",
    "sam",
    "june",
    "rafael",
    "hana",
    "ines",
    "wen",
    "tomasz",
)
PEOPLE: dict[str, dict[str, str]] = {
    "manager": {"name": "Samir Nasser", "role": "sal"},
    "learner": {"name": "Mateo Lindqvist", "role": "sal", "manager": "manager"},
    "partner-manager": {"name": "Lucía Ferrer", "organisation": "northbeam-partners", "group": PARTNER_MANAGER},
    "seller": {
        "name": "Ada Okafor",
        "role": "partner-seller",
        "persona": "sales",
        "organisation": "northbeam-partners",
        "manager": "partner-manager",
    },
    "grader": {"name": "Noor Haddad", "role": "csm", "group": GRADER},
    "grader2": {"name": "Tomas Berg", "role": "sa", "group": REVIEW_LEAD},
    "enablement": {"name": "Ilse Brandt", "group": ENABLEMENT},
    "priya": {
        "name": "Priya Raman",
        "role": "partner-seller",
        "persona": "marketing",
        "organisation": "northbeam-partners",
    },
    "sam": {"name": "Sam Adeyemi", "role": "partner-seller", "persona": "sales", "organisation": "northbeam-partners"},
    "june": {
        "name": "June Park",
        "role": "partner-seller",
        "persona": "product",
        "organisation": "castellan-consulting",
    },
    "rafael": {"name": "Rafael Duarte", "role": "ae", "manager": "manager"},
    "hana": {"name": "Hana Suzuki", "role": "sal", "manager": "manager"},
    "ines": {
        "name": "Inês Prado",
        "role": "partner-seller",
        "persona": "marketing",
        "organisation": "northbeam-partners",
        "manager": "partner-manager",
    },
    "wen": {
        "name": "Wen Li",
        "role": "partner-seller",
        "persona": "education",
        "organisation": "castellan-consulting",
    },
    "tomasz": {
        "name": "Tomasz Wilk",
        "role": "partner-seller",
        "persona": "product",
        "organisation": "castellan-consulting",
    },
}
STAFF = frozenset({GRADER, REVIEW_LEAD, ENABLEMENT})


def make_people() -> dict[str, User]:
    """Everybody of the demo by short name; who is there already stays as they are."""
    organisations = {
        slug: Organisation.objects.get_or_create(slug=slug, defaults={"name": name})[0]
        for slug, name in ORGANISATIONS.items()
    }
    people: dict[str, User] = {}
    password = make_password(PASSWORD)  # once for all: everybody knows it, and hashing is slow on purpose
    for short in ORDER:
        people[short] = _make_person(short, PEOPLE[short], organisations, people, password)
    return people


def _make_person(
    short: str,
    facts: dict[str, str],
    organisations: dict[str, Organisation],
    people: dict[str, User],
    password: str,
) -> User:
    email = f"{short}@example.com"
    if known := User.objects.filter(email=email).first():
        return known
    group = facts.get("group", LEARNER)
    person = User.objects.create(
        email=email,
        password=password,
        name=facts["name"],
        role=Role.objects.filter(slug=facts.get("role", "")).first(),
        persona=Persona.objects.filter(slug=facts.get("persona", "")).first(),
        organisation=organisations.get(facts.get("organisation", "")),
        manager=people.get(facts.get("manager", "")),
        is_staff=group in STAFF,
    )
    both = {ACCOMMODATIONS} if group == ENABLEMENT else set[str]()
    person.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in {LEARNER, group} | both))
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person
