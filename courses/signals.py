"""News that the ground app sends up. Facts go out inside the transaction; their receivers only write rows."""

from django.dispatch import Signal

course_completed = Signal()
"""A learner has done every lesson of a course. Arguments: `completion` (CourseCompletion, just inserted)."""

lesson_reread = Signal()
"""A learner went through a lesson again. Arguments: `reread` (LessonReread, that day's)."""

feedback_stepped = Signal()
"""A remark went a step on, or was answered. Arguments: `feedback` (Feedback), `step` (FeedbackStep, just inserted)."""

uses_asked = Signal()
"""What uses a row of content? Arguments: `row`. Each receiver answers a list of `courses.rules.uses.Use`. Writes nothing."""

under_way_asked = Signal()
"""Who is under way with a row of content? Arguments: `row`. Each receiver answers a queryset of people's primary keys."""

content_withdrawn = Signal()
"""Content was withdrawn. Arguments: `withdrawal` (Withdrawal, just inserted), `row`."""
