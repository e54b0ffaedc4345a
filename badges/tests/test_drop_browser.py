"""A badge is checked by dropping its file on the page."""

import base64

import pytest
from playwright.sync_api import expect

from badges.tests.factories import make_credential

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DROP = """(form, content) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], 'badge.png', { type: 'image/png' }));
  for (const name of ['dragenter', 'dragover', 'drop']) {
    form.dispatchEvent(new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


@pytest.mark.parametrize("page_of", ["verify", "award"])
def test_a_dropped_picture_is_checked(browse, page_of):
    credential = make_credential()
    page = browse()
    page.goto("/credentials/verify" if page_of == "verify" else credential.get_absolute_url())

    page.locator("[data-drop]").evaluate(DROP, base64.b64encode(bytes(credential.png)).decode())

    expect(page.get_by_text("Every check passed.")).to_be_visible()
    expect(page.get_by_role("link", name="The page of this award")).to_be_visible()
