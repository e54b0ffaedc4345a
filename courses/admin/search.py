"""What can be found, shown only: it is kept by the database."""

from django.contrib import admin

from courses.admin.readonly import ReadOnlyAdmin
from courses.models import SearchEntry


@admin.register(SearchEntry)
class SearchEntryAdmin(ReadOnlyAdmin):
    """The words that each row is found by."""

    list_display = ("title", "kind", "within", "words")
    list_filter = ("kind",)
    search_fields = ("title", "words")
    fields = ("title", "kind", "within", "slug", "words", "summary", "body")
