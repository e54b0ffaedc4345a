"""Refused deeds, told on the page that asked for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from courses.lib.refusals import Refused


@contextmanager
def told_on(form: BaseForm) -> Iterator[None]:
    """What an action inside refuses becomes an error of the valid form; the code after goes on to show it again.

    `form.refused_at`, where it has one, says which field a refusal's code is about; the others stand above all fields.
    """
    try:
        yield
    except Refused as refused:
        field = getattr(form, "refused_at", {}).get(refused.refusal.code)
        form.add_error(field, refused.refusal.sentence)


def do_or_say_why(request: HttpRequest, deed: Callable[[], Any], told: str) -> None:
    """Do the deed of a button and say so; a refused one leaves everything as it is and its sentence is shown."""
    try:
        deed()
    except Refused as refused:
        messages.warning(request, refused.refusal.sentence)
    else:
        messages.success(request, told)
