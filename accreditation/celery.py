"""The Celery application. Queues: periodic, notices, standing, media, media_slow (`settings.CELERY_TASK_ROUTES`)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accreditation.settings")

app = Celery("accreditation")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
