"""The app's registration."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AccreditationConfig(AppConfig):
    """The top of the house: people, programs, evidence, notices."""

    name = "accreditation"
    verbose_name = "Programs and people"

    def ready(self) -> None:
        """Connect the receivers and the system checks."""
        from accreditation import checks, receivers  # noqa: F401


class AdministrationConfig(AdminConfig):
    """Django's administration with our first page."""

    default_site = "accreditation.administration.Administration"
