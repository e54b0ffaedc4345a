"""The app's registration."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses."""

    name = "courses"
    verbose_name = "Content"
    default_auto_field = "django.db.models.BigAutoField"
