"""The app's registration."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    """Assessments."""

    name = "assessments"
    verbose_name = "Exams and practicals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from assessments import receivers  # noqa: F401
