"""The app's registration."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    """Badges."""

    name = "badges"
    default_auto_field = "django.db.models.BigAutoField"
