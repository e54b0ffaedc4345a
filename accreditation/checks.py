"""System checks: risky wiring is found at the start, not by a learner."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver


def routes(resolver: URLResolver, prefix: str = "", app_name: str = "") -> list[tuple[str, str, URLPattern]]:
    """Every route below a resolver: its path, the application it belongs to, and its pattern."""
    found: list[tuple[str, str, URLPattern]] = []
    for one in resolver.url_patterns:
        path = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            found += routes(one, path, one.app_name or app_name)
        else:
            found.append((path, app_name, one))
    return found


@register(Tags.security)
def every_route_has_a_policy(**_: Any) -> list[CheckMessage]:
    """A route without a policy is closed to everyone, so it is a mistake."""
    from accreditation.middleware import policy_of

    return [
        Error(f"The route /{path} has no policy.", hint="Mark its view with courses.lib.policy.", id="portal.E001")
        for path, app_name, route in routes(get_resolver())
        if policy_of(route.callback, app_name) is None
    ]
