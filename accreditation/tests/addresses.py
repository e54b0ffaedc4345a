"""An example address for every route of the project."""

import re
import uuid

from django.urls import get_resolver

from accreditation.checks import routes

SAMPLES = {"slug": "nothing", "uuid": str(uuid.UUID(int=7)), "int": "7", "path": "7", "str": "nothing"}
NAMED = re.compile(r"<(?:(?P<kind>\w+):)?\w+>")
REGEX_GROUP = re.compile(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)")


def example(path):
    """The address of a route with something in each of its places."""
    plain = REGEX_GROUP.sub("nothing", path)
    plain = NAMED.sub(lambda match: SAMPLES[match["kind"] or "str"], plain)
    return "/" + plain.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "").replace("(.*)", "nothing")


def every_route():
    """(address, policy, route name) of every route."""
    from accreditation.middleware import policy_of

    return [
        (example(path), policy_of(route.callback, app_name), route.name)
        for path, app_name, route in routes(get_resolver())
    ]
