"""The OAuth 2 server: Authlib checks the protocol, our actions keep what it decides. Decision record 11."""

import secrets
from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, InvalidScopeError, OAuth2Request, grants
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from accreditation.actions.applications import (
    hand_back,
    keep_token,
    take_code,
    take_refresh_token,
    use_code,
    use_refresh_token,
)
from accreditation.models import Application, ApplicationToken, Consent, SecretMethod
from accreditation.rules.applications import ACCESS_LIVES, application_of, has_secret
from accreditation.rules.scopes import STAY, known_scopes

METHODS = [SecretMethod.BASIC.value, SecretMethod.POST.value, SecretMethod.NONE.value]


class Request(OAuth2Request):
    """A request of Django as the library reads it.

    Its own asks each address for https and would close the portal on localhost; that is decided once, by `SITE_URL` and
    `SECURE_SSL_REDIRECT`.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(method=str(request.method), uri=f"https://portal{request.path}", headers=request.headers)
        self.payload = DjangoOAuth2Payload(request)
        self._request = request

    @property
    def args(self) -> Any:
        """The query."""
        return self._request.GET

    @property
    def form(self) -> Any:
        """The form."""
        return self._request.POST


class Challenge(CodeChallenge):
    """Proof keys, for every application and by SHA-256 alone; the library would let secret holders go without."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a request without one."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with code_challenge_method=S256 is needed.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):
    """A code for tokens. The code is issued by our action when the person says yes."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_authorization_code(self, code: str, client: Application) -> Consent | None:
        """The consent that the code stands for, locked until the answer is written."""
        return take_code(code=code, application=client, now=timezone.now())

    def authenticate_user(self, authorization_code: Consent) -> Any:
        """Who gave it; that they are active was asked with the code."""
        return authorization_code.person

    def generate_token(self, *args: Any, **kwargs: Any) -> Any:
        """With a refresh token where the person let it stay, and not otherwise."""
        stays = STAY in self.request.authorization_code.scopes
        kwargs["include_refresh_token"] = stays and kwargs["include_refresh_token"]
        return super().generate_token(*args, **kwargs)

    def delete_authorization_code(self, authorization_code: Consent) -> None:
        """Once is all."""
        use_code(consent=authorization_code)


class RefreshGrant(grants.RefreshTokenGrant):
    """A refresh token for the next pair."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> ApplicationToken | None:
        """The row of the token, with its consent locked until the answer is written."""
        return take_refresh_token(value=refresh_token, application=self.request.client, now=timezone.now())

    def authenticate_user(self, refresh_token: ApplicationToken) -> Any:
        """Whose consent it is; that they are active was asked with the token."""
        return refresh_token.consent.person if refresh_token.consent else None

    def revoke_old_credential(self, refresh_token: ApplicationToken) -> None:
        """Once is all."""
        use_refresh_token(token=refresh_token)


class SystemGrant(grants.ClientCredentialsGrant):
    """A system's own secret for a token."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS[:2]


class HandBack(RevocationEndpoint):
    """Tokens handed back. Always the same answer, so that it tells nobody whose token that was."""

    CLIENT_AUTH_METHODS = METHODS

    def create_endpoint_response(self, request: Any) -> tuple[int, dict[str, str], list[tuple[str, str]]]:
        """Ends what belongs to the application; the hint about the kind isn't needed."""
        application = self.authenticate_endpoint_client(request)
        if not request.form.get("token"):
            raise InvalidRequestError("Missing 'token' in request.")
        hand_back(value=request.form["token"], application=application)
        return 200, {}, [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


class Server(AuthorizationServer):
    """Asks our rows for applications, and keeps tokens as hashes."""

    def __init__(self) -> None:
        super().__init__(Application, ApplicationToken)
        for grant in (RefreshGrant, SystemGrant):
            self.register_grant(grant)
        self.register_grant(CodeGrant, [Challenge(required=True)])
        self.register_endpoint(HandBack)

    def create_oauth2_request(self, request: HttpRequest) -> Request:
        """Read it our way."""
        return Request(request)

    def query_client(self, client_id: str) -> Application | None:
        """None for an unknown and for a blocked one."""
        return application_of(client_id)

    def authenticate_client(self, request: Any, methods: list[str], endpoint: str = "token") -> Application:
        """The application that proved who it is, by the way it registered and no other.

        Unknown, blocked, wrong secret and wrong way are one answer that takes one time.
        """
        client_id, secret, method = _shown(request)
        application = application_of(client_id)
        proved = has_secret(application, secret) if secret else method == SecretMethod.NONE
        if application is None or not proved or method not in methods or method != application.auth_method:
            raise InvalidClientError(status_code=401, description=gettext("The application could not prove who it is."))
        request.auth_method = method
        return application

    def save_token(self, token: dict[str, Any], request: Any) -> ApplicationToken:
        """Keep hashes of what goes out now."""
        refreshed = getattr(request, "refresh_token", None)
        consent = refreshed.consent if refreshed else getattr(request, "authorization_code", None)
        return keep_token(
            application=request.client,
            consent=consent,
            scopes=token["scope"].split(),
            access=token["access_token"],
            refresh=token.get("refresh_token", ""),
        )

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens; a receiver would be handed live tokens."""

    def create_bearer_token_generator(self) -> BearerTokenGenerator:
        """Tokens of 256 random bits, an hour each, whatever they were got by."""
        return BearerTokenGenerator(
            access_token_generator=lambda **_: secrets.token_urlsafe(32),
            refresh_token_generator=lambda **_: secrets.token_urlsafe(32),
            expires_generator=lambda client, grant_type: int(ACCESS_LIVES.total_seconds()),
        )


def _shown(request: Any) -> tuple[str, str, str]:
    """The id, the secret and the way in which a request shows them."""
    try:
        client_id, secret = extract_basic_authorization(request.headers)
    except ValueError:  # bytes that are no text
        client_id, secret = "", ""
    if client_id is not None:
        return client_id, secret or "", SecretMethod.BASIC
    form = request.form
    method = SecretMethod.POST if form.get("client_secret") else SecretMethod.NONE
    return form.get("client_id") or "", form.get("client_secret") or "", method


server = Server()


def asked_of(request: HttpRequest) -> Any:
    """What an application asks the signed-in person for, checked; raises `OAuth2Error`.

    Addresses are compared here, because the library repeats a wrong one in its answer and fails on some of their signs.
    """
    if not all(value.isascii() and value.isprintable() for value in request.GET.dict().values()):
        raise InvalidRequestError("A parameter has signs that none may have.")
    application = application_of(request.GET.get("client_id", ""))
    if application is None:
        raise InvalidClientError(description=gettext("This application is not known here, or was blocked."))
    if not application.check_redirect_uri(request.GET.get("redirect_uri", "")):
        raise InvalidRequestError("The address to return to is not the one that the application registered.")
    grant = server.get_consent_grant(request=request, end_user=request.user)
    if not scopes_of(grant):
        raise InvalidScopeError(redirect_uri=grant.redirect_uri)
    return grant


def scopes_of(grant: Any) -> list[str]:
    """What a checked request may be allowed, in the order of the table."""
    return known_scopes(grant.request.scope)
