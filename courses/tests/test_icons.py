import pytest
from django.template import engines
from heroicons import IconDoesNotExist


def drawn(source):
    return engines["django"].from_string(source).render({})


def test_icon_is_drawn_with_its_attributes_and_again_the_same():
    once = drawn('{% heroicon_outline "check" class="icon" size=20 %}')

    assert 'class="icon"' in once
    assert 'width="20"' in once
    assert drawn('{% heroicon_outline "check" class="icon" size=20 %}') == once
    assert drawn('{% heroicon_outline "check" class="other" size=20 %}') != once


def test_icon_that_does_not_exist_fails_the_page():
    with pytest.raises(IconDoesNotExist):
        drawn('{% heroicon_outline "no-such-icon" %}')
