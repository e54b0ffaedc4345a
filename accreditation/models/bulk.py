"""Bulk work: files of people, and deeds done for many people as one entry of a journal."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.lib.states import Transitions


class PeopleImportState(models.TextChoices):
    """Where a file of people stands. Refused: nothing of it can be read. Failed: our fault, after several tries."""

    UPLOADED = "uploaded", _("is being read")
    READ = "read", _("read, waits for a decision")
    APPLIED = "applied", _("applied")
    DROPPED = "dropped", _("dropped")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


PEOPLE_IMPORT_TRANSITIONS: Transitions = {
    PeopleImportState.UPLOADED: frozenset(
        {PeopleImportState.READ, PeopleImportState.REFUSED, PeopleImportState.FAILED}
    ),
    PeopleImportState.READ: frozenset({PeopleImportState.APPLIED, PeopleImportState.DROPPED}),
    PeopleImportState.APPLIED: frozenset(),
    PeopleImportState.DROPPED: frozenset(),
    PeopleImportState.REFUSED: frozenset(),
    PeopleImportState.FAILED: frozenset(),
}


class ImportMode(models.TextChoices):
    """What a file of people may do."""

    BOTH = "both", _("add new people and change those who are here")
    CREATE = "create", _("only add new people")
    UPDATE = "update", _("only change people who are here")


class PeopleImport(models.Model):
    """One file of people that enablement uploaded, and what was read in it; the file goes once it was read.

    `notes`: what was seen in the file as a whole (columns that are not read, the sheet). `counts`: rows by what becomes of them.
    Personal data: who uploaded; the file until it was read.
    """

    file = models.FileField(upload_to="people-imports/", blank=True)
    name = models.CharField(_("file"), max_length=200)
    mode = models.CharField(_("may"), max_length=6, choices=ImportMode, default=ImportMode.BOTH)
    only_whole = models.BooleanField(_("only if every row is right"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=PeopleImportState, default=PeopleImportState.UPLOADED)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    columns: Any = models.JSONField(default=list)
    notes: Any = models.JSONField(default=list)
    counts: Any = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("uploaded"))

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("file of people")
        verbose_name_plural = _("files of people")
        permissions = [("import_people", "Can add and change people by a file")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="uploaded", due_at__isnull=False) | (~Q(state="uploaded") & Q(due_at__isnull=True)),
                name="people_import_due_while_unread",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RowOutcome(models.TextChoices):
    """What would become of a row of a file."""

    CREATE = "create", _("is new")
    CHANGE = "change", _("changes")
    SAME = "same", _("stays as it is")
    WRONG = "wrong", _("is wrong")


class PeopleImportRow(models.Model):
    """A row of a file of people as it was read; never changed, but blanked with the person. Managers stand before their reports.

    `values`: what the row gives, by column, "" for what it clears. `seen`: what the person had then, in the same columns.
    `problems`: `[column, sentence]`. Personal data: the address and what the row says of the person.
    """

    people_import = models.ForeignKey(PeopleImport, models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    email = models.CharField(max_length=254)
    becomes = models.CharField(max_length=6, choices=RowOutcome)
    values: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    seen: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    problems: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["people_import", "line"]
        constraints = [
            models.UniqueConstraint(fields=["people_import", "position"], name="people_import_row_one_per_position"),
        ]
        indexes = [models.Index(fields=["people_import", "becomes", "line"], name="people_import_row_by_outcome")]

    def __str__(self) -> str:
        return f"{self.people_import_id}, {self.line}"

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(column, old, new) of what the row changes."""
        return [(name, self.seen.get(name), new) for name, new in self.values.items() if self.seen.get(name) != new]


class DeedKind(models.TextChoices):
    """What is done for many people."""

    IMPORT = "import", _("Apply a file of people")
    ENROL = "enrol", _("Enrol in a program")
    EXTEND = "extend", _("Extend due dates")
    RELEASE = "release", _("Release from a program")
    MOVE = "move", _("Move to an organisation")
    MESSAGE = "message", _("Send a message")
    DEACTIVATE = "deactivate", _("Suspend")
    REACTIVATE = "reactivate", _("Let in again")


UNDONE_BY_A_DEED = (DeedKind.IMPORT, DeedKind.ENROL, DeedKind.EXTEND)
"""Kinds of which what was there before can be put back."""


class DeedState(models.TextChoices):
    """Where a bulk deed stands. Stopped: what is done stays, the rest waits. Failed: our fault, after several tries."""

    RUNNING = "running", _("under way")
    STOPPED = "stopped", _("stopped")
    DONE = "done", _("finished")
    FAILED = "failed", _("failed")


DEED_TRANSITIONS: Transitions = {
    DeedState.RUNNING: frozenset({DeedState.STOPPED, DeedState.DONE, DeedState.FAILED}),
    DeedState.STOPPED: frozenset({DeedState.RUNNING}),
    DeedState.FAILED: frozenset({DeedState.RUNNING}),
    DeedState.DONE: frozenset(),
}


class BulkDeed(models.Model):
    """One deed for many people: an entry of the journal, with a row for each of them. Its order never changes.

    `filter`: the selection as it was chosen, by field; `arguments`: what the deed needs (primary keys, dates as ISO text, texts).
    `undoes`: the deed that this one puts back. `due_at`: when a sweep looks at it, pushed on with every batch.
    Personal data: who gave the order, and the text of a message.
    """

    kind = models.CharField(_("deed"), max_length=10, choices=DeedKind)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    people_import = models.OneToOneField(PeopleImport, models.PROTECT, null=True, blank=True, related_name="deed")
    filter: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    arguments: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    title = models.CharField(_("in words"), max_length=300)
    people = models.PositiveIntegerField(default=0)
    state = models.CharField(_("state"), max_length=8, choices=DeedState, default=DeedState.RUNNING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("ordered"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("bulk deed")
        permissions = [("export_bulkdeed", "Can take the rows of bulk work as a file")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", due_at__isnull=False) | (~Q(state="running") & Q(due_at__isnull=True)),
                name="bulk_deed_due_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state="done", ended_at__isnull=False) | (~Q(state="done") & Q(ended_at__isnull=True)),
                name="bulk_deed_ended_when_done",
            ),
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | Q(kind__in=["import", "enrol", "extend"]),
                name="bulk_deed_undoes_what_can_be",
            ),
            models.CheckConstraint(
                condition=Q(kind="import", people_import__isnull=False, undoes__isnull=True)
                | Q(kind="import", people_import__isnull=True, undoes__isnull=False)
                | (~Q(kind="import") & Q(people_import__isnull=True)),
                name="bulk_deed_of_an_import_names_it",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="bulk_deed_by_due_at")]

    def __str__(self) -> str:
        return self.title


class DeedRowState(models.TextChoices):
    """What became of one person in a bulk deed."""

    WAITING = "waiting", _("waits")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("left alone")
    FAILED = "failed", _("failed")


class BulkDeedRow(models.Model):
    """One person of a bulk deed; written once, when it was settled. It is blanked with the person, never changed else.

    `person` is empty for somebody whom an import has yet to make, or whose making was undone. `before` and `after`: what the
    deed found and left in what it changed. Personal data: who, and those values.
    """

    deed = models.ForeignKey(BulkDeed, models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    import_row = models.ForeignKey(PeopleImportRow, models.PROTECT, null=True, blank=True, related_name="+")
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=DeedRowState, default=DeedRowState.WAITING)
    why = models.CharField(max_length=500, blank=True)
    before: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["deed", "position"]
        constraints = [
            models.UniqueConstraint(fields=["deed", "position"], name="bulk_deed_row_one_per_position"),
            models.UniqueConstraint(fields=["deed", "person"], name="bulk_deed_row_one_per_person"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at__isnull=True)
                | (~Q(state="waiting") & Q(settled_at__isnull=False)),
                name="bulk_deed_row_settled_when_not_waiting",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deed", "position"], condition=Q(state="waiting"), name="bulk_deed_row_waiting_by_deed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deed_id}, {self.position}"
