"""The app's registration."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses."""

    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"
