"""What the API says of itself: the service description of Open Badges 3.0 and the metadata of OAuth 2."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from accreditation.models import SecretMethod
from accreditation.rules.applications import site_of
from accreditation.rules.scopes import FOR_DEVELOPERS, READ_BADGES, READ_PROFILE

SCHEMAS = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_"
PROBLEM = {"$ref": f"{SCHEMAS}imsx_statusinfo_schema.json"}
MOST_A_PAGE, USUAL_A_PAGE = 100, 20


def server_metadata() -> dict[str, Any]:
    """The OAuth server for libraries that ask for it. Source: RFC 8414; RFC 9207."""
    return {
        "issuer": settings.SITE_URL,
        "authorization_endpoint": site_of(reverse("oauth-authorize")),
        "token_endpoint": site_of(reverse("oauth-token")),
        "revocation_endpoint": site_of(reverse("oauth-revoke")),
        "registration_endpoint": site_of(reverse("oauth-register")),
        "scopes_supported": list(FOR_DEVELOPERS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": list(SecretMethod.values),
        "revocation_endpoint_auth_methods_supported": list(SecretMethod.values),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "op_policy_uri": settings.PRIVACY_URL,
        "op_tos_uri": settings.TERMS_URL,
    }


def service_description() -> dict[str, Any]:
    """The service in OpenAPI 3.0.1. Only what it does is in it: reading. Source: Open Badges 3.0, 6.3 and 7.1.1."""
    return {
        "openapi": "3.0.1",
        "info": {
            "title": f"Badges of {settings.ORGANISATION_NAME}",
            "version": "3.0",
            "description": "Read Open Badges 3.0 that a person allows, or that a system may read.",
            "termsOfService": settings.TERMS_URL,
            "x-imssf-privacyPolicyUrl": settings.PRIVACY_URL,
            "x-imssf-image": site_of(static("img/mark.svg")),
        },
        "servers": [{"url": site_of("/ims/ob/v3p0")}],
        "paths": {
            "/discovery": {"get": _operation("getServiceDescription", "This document.", {"type": "object"})},
            "/credentials": {"get": _credentials()},
            "/profile": {"get": _profile()},
        },
        "components": {"securitySchemes": {"OAuth2ACG": _by_consent(), "OAuth2CCG": _by_secret()}},
    }


def _operation(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": summary, "content": {"application/json": {"schema": schema}}}
    problem = {"description": "Why it was not answered.", "content": {"application/json": {"schema": PROBLEM}}}
    return {"operationId": name, "summary": summary, "responses": {"200": answer, "default": problem}}


def _credentials() -> dict[str, Any]:
    schema = {"$ref": f"{SCHEMAS}getopenbadgecredentialsresponse_schema.json"}
    operation = _operation("getCredentials", "Live credentials, the oldest first.", schema)
    count = {"description": "How many there are in all.", "schema": {"type": "integer"}}
    link = {"description": "first, last, next and prev (RFC 8288).", "schema": {"type": "string"}}
    operation["responses"]["200"]["headers"] = {"X-Total-Count": count, "Link": link}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE, "default": USUAL_A_PAGE}
    offset = {"type": "integer", "minimum": 0, "default": 0}
    return operation | {
        "parameters": [
            _parameter("limit", "At most so many.", limit),
            _parameter("offset", "From this one on, counted from 0.", offset),
            _parameter("since", "Issued after this moment.", {"type": "string", "format": "date-time"}),
        ],
        "security": [{"OAuth2ACG": [READ_BADGES]}, {"OAuth2CCG": [READ_BADGES]}],
    }


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _profile() -> dict[str, Any]:
    operation = _operation("getProfile", "The person's profile.", {"$ref": f"{SCHEMAS}profile_schema.json"})
    return operation | {"security": [{"OAuth2ACG": [READ_PROFILE]}]}


def _by_consent() -> dict[str, Any]:
    token = site_of(reverse("oauth-token"))
    urls = {"authorizationUrl": site_of(reverse("oauth-authorize")), "tokenUrl": token, "refreshUrl": token}
    return {
        "type": "oauth2",
        "description": "A person allows it; proof keys by S256 (RFC 7636).",
        "x-imssf-name": settings.ORGANISATION_NAME,
        "x-imssf-privacyPolicyUrl": settings.PRIVACY_URL,
        "x-imssf-termsOfServiceUrl": settings.TERMS_URL,
        "x-imssf-registrationUrl": site_of(reverse("oauth-register")),
        "flows": {"authorizationCode": urls | {"scopes": FOR_DEVELOPERS}},
    }


def _by_secret() -> dict[str, Any]:
    scopes = {READ_BADGES: FOR_DEVELOPERS[READ_BADGES]}
    return {
        "type": "oauth2",
        "description": "A system whose reach Field Enablement has set.",
        "flows": {"clientCredentials": {"tokenUrl": site_of(reverse("oauth-token")), "scopes": scopes}},
    }
