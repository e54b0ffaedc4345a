"""The app's registration."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    """Assessments."""

    name = "assessments"
    default_auto_field = "django.db.models.BigAutoField"
