"""What an application may ask a person for, and how that is said to the person."""

BASE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ_BADGES = f"{BASE}credential.readonly"
READ_PROFILE = f"{BASE}profile.readonly"
EMAIL, STAY = "email", "offline_access"
SCOPES: dict[str, str] = {
    READ_BADGES: "Your badges, now and later ones: the signed files, with what they say of your exams and practicals.",
    READ_PROFILE: "Your name, as your profile has it.",
    EMAIL: "Your e-mail address.",
    STAY: "All of that also while you are away, until you withdraw it.",
}
"""Each scope, and what a person is asked to allow by it."""
FOR_DEVELOPERS: dict[str, str] = {
    READ_BADGES: "Read the live credentials of the person, or those within the reach of a system.",
    READ_PROFILE: "Read the person's name.",
    EMAIL: "Have the person's e-mail address in the profile; only together with profile.readonly.",
    STAY: "Get a refresh token.",
}
SYSTEM_SCOPES = [READ_BADGES]
"""All that a system gets: it acts for no person."""


def known_scopes(asked: str) -> list[str]:
    """Those of the scopes that exist, in the order of the table; all but the address where none is named.

    The address goes only with the profile, and nothing is left where there would be nothing to read. Source: RFC 6749, 3.3.
    """
    wanted = set(asked.split()) or set(SCOPES) - {EMAIL}
    if READ_PROFILE not in wanted:
        wanted -= {EMAIL}
    return [one for one in SCOPES if one in wanted] if wanted & {READ_BADGES, READ_PROFILE} else []


def in_words(scopes: list[str]) -> list[str]:
    """The sentences for these scopes, as the page of consent says them."""
    return [sentence for scope, sentence in SCOPES.items() if scope in scopes]
