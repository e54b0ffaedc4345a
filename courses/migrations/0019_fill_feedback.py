"""What was answered is done; what was closed without an answer was declined. Each has a promise, and a first step."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F
from django.utils import timezone

BACK = {"looked_at": "open", "planned": "open", "done": "answered", "declined": "closed", "duplicate": "closed"}


def fill(apps, schema_editor):
    Feedback, Step = apps.get_model("courses", "Feedback"), apps.get_model("courses", "FeedbackStep")
    now = timezone.now()
    Feedback.objects.update(promised_at=F("created_at") + timedelta(days=5), first_reply_at=F("answered_at"))
    closed = Feedback.objects.filter(state="closed")
    closed.filter(answered_at=None).update(state="declined", settled_at=now, first_reply_at=now)
    Feedback.objects.filter(state__in=["answered", "closed"]).update(state="done", settled_at=F("answered_at"))
    rows = Feedback.objects.select_related("lesson").iterator()
    steps = (Step(feedback=row, what="told", by_id=row.author_id, happened_at=row.created_at) for row in rows)
    Step.objects.bulk_create(steps, batch_size=1000)
    for row in Feedback.objects.exclude(lesson=None).select_related("lesson").iterator():
        Feedback.objects.filter(pk=row.pk).update(
            page_title=row.lesson.title[:200], about_kind="courses:lesson", about_id=str(row.lesson_id)
        )


def put_back(apps, schema_editor):
    Feedback = apps.get_model("courses", "Feedback")
    for new, old in BACK.items():
        Feedback.objects.filter(state=new).update(state=old, settled_at=None, duplicate_of=None)


class Migration(migrations.Migration):
    dependencies = [("courses", "0018_feedback_about_anything")]
    operations = [migrations.RunPython(fill, put_back)]
