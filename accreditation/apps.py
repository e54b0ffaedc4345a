"""The app's registration."""

from django.apps import AppConfig


class AccreditationConfig(AppConfig):
    """Accreditation."""

    name = "accreditation"
    default_auto_field = "django.db.models.BigAutoField"
