"""What is computed in the background appears by itself."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from playwright.sync_api import expect

from assessments import tasks
from assessments.actions.forecasts import compute_forecast
from assessments.rules import forecasts as rules
from assessments.tests.test_forecasts import NOW, asked_for
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_answer_that_is_being_played_comes_by_itself(browse, monkeypatch):
    monkeypatch.setattr(rules, "runs_of", lambda options: 1)
    monkeypatch.setattr(tasks.compute_forecast, "apply_async", lambda **_: None)
    lead = make_person(is_staff=True)
    lead.user_permissions.add(Permission.objects.get(codename="lead_reviews", content_type__app_label="assessments"))
    row = asked_for()
    page = browse(lead)
    page.goto(reverse("assessments:forecast", args=[row.pk]))
    expect(page.get_by_text("It is being played")).to_be_visible()

    compute_forecast(forecast_id=row.pk, now=NOW)

    expect(page.get_by_role("heading", name="By number of graders")).to_be_visible()
    expect(page.locator("[data-computing]")).to_have_count(0)
