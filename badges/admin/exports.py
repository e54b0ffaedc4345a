"""The register of awards as a file, for HR: asked who they are once more, capped, and written into the audit trail."""

from allauth.account.decorators import reauthentication_required
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator

from badges.actions.exports import export_register
from courses.lib.cells import csv_file
from courses.lib.policy import needs


class ExportAdmin(admin.ModelAdmin):
    """Adds the download of what the list shows, filters and search included."""

    @needs("badges.export")
    @method_decorator(reauthentication_required)
    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The awards of the list as CSV, row by row. Whoever signed in minutes ago says once more who they are."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            raise Http404("The list has no such filter.") from None
        now = timezone.now()
        register = export_register(credentials=rows, query=request.GET.urlencode(), now=now, by=request.user)  # type: ignore[arg-type]
        return csv_file(register, f"credentials-{now:%Y-%m-%d}.csv")
