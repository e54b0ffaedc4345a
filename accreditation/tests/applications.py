"""A small OAuth client, as an application of somebody else has one."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from accreditation.models import Application
from accreditation.rules.applications import hash_of
from accreditation.rules.scopes import EMAIL, READ_BADGES, READ_PROFILE, STAY, SYSTEM_SCOPES

API = "/ims/ob/v3p0"
RETURN = "https://wallet.example.org/back"
EVERYTHING = " ".join([READ_BADGES, READ_PROFILE, EMAIL, STAY])
VERIFIER = "a-proof-key-that-nobody-else-knows-0123456789-abc"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def post_json(client, address, content):
    return client.post(address, json.dumps(content), content_type="application/json")


class Wallet:
    """An application that registered itself; `secret=False` makes a public one. Each has a browserless client of its own."""

    def __init__(self, *, secret=True, redirect=RETURN, **metadata):
        self.client = Client()
        method = "client_secret_basic" if secret else "none"
        asked = {
            "client_name": "Example Wallet",
            "redirect_uris": [redirect],
            "token_endpoint_auth_method": method,
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": EVERYTHING,
        }
        self.response = post_json(self.client, f"{API}/oauth/register", asked | metadata)
        self.facts = self.response.json()
        self.redirect, self.id, self.secret = redirect, self.facts.get("client_id"), self.facts.get("client_secret", "")

    @property
    def row(self):
        return Application.objects.get(client_id=self.id)

    def question(self, **changes):
        """The query by which it asks a person; a value of None is left out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect,
            "scope": EVERYTHING,
            "state": "state-of-the-wallet",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return {name: value for name, value in asked.items() if value is not None}

    def asks(self, person, decision="allow", **changes):
        """What the person's browser gets for their decision."""
        browser = Client()
        browser.force_login(person)
        address = f"{API}/oauth/authorize"
        return browser.post(address, {"decision": decision}, query_params=self.question(**changes))

    def code(self, person, **changes):
        return parse_qs(urlsplit(self.asks(person, **changes)["Location"]).query)["code"][0]

    def proof(self):
        """Basic authentication, where it has a secret."""
        pair = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        return {"headers": {"authorization": f"Basic {pair}"}} if self.secret else {}

    def token(self, **form):
        """The answer of the token endpoint."""
        known = {} if self.secret else {"client_id": self.id}
        return self.client.post(f"{API}/oauth/token", known | form, **self.proof())

    def exchange(self, code, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": VERIFIER,
        }
        return self.token(**{name: value for name, value in (form | changes).items() if value is not None})

    def refresh(self, value, **more):
        return self.token(grant_type="refresh_token", refresh_token=value, **more)

    def revoke(self, value, **more):
        known = {} if self.secret else {"client_id": self.id}
        return self.client.post(f"{API}/oauth/revoke", known | {"token": value} | more, **self.proof())

    def connected(self, person, **changes):
        """The tokens that a person's consent gives."""
        return self.exchange(self.code(person, **changes)).json()


def read(token, what="credentials", client=None, **query):
    """What the API answers to a token."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return (client or Client()).get(f"{API}/{what}", query, headers=headers)


def make_system(secret="s3cret-of-a-system", *, organisation=None, programs=(), **values):
    """A system as enablement makes one, with this secret."""
    row = Application.objects.create(
        name="HR", kind="system", scopes=SYSTEM_SCOPES, secret_hash=hash_of(secret), organisation=organisation, **values
    )
    row.programs.set(programs)
    return row


def system_token(row, secret="s3cret-of-a-system", **form):
    """The answer to a system that shows its secret."""
    pair = base64.b64encode(f"{row.client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"} | form
    return Client().post(f"{API}/oauth/token", form, headers={"authorization": f"Basic {pair}"})
