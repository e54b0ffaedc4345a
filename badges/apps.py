"""The app's registration."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    """Badges."""

    name = "badges"
    verbose_name = "Badges"
    default_auto_field = "django.db.models.BigAutoField"
