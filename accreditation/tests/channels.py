"""Chat channels for tests."""

from accreditation.models import Channel
from courses.lib.sealing import seal
from courses.tests.people import make_person


def make_channel(url="https://hooks.example.com/T0/secret-part", facts=("earned", "tier", "due"), **fields):
    """A channel that is on; for the whole portal unless a field says for whom."""
    sealed = seal(url, purpose="address of a chat channel")
    given = {"name": "Field news", "host": "hooks.example.com", "made_by": fields.pop("made_by", None) or make_person()}
    return Channel.objects.create(sealed_address=sealed, facts=list(facts), **given | fields)
