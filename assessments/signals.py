"""News and gates of the app. Facts are past tense and sent inside the transaction; gates refuse by raising `Refused`."""

from django.dispatch import Signal

attempt_opening = Signal()
"""Gate, inside the transaction that starts an exam attempt. Sender Attempt; arguments: learner, exam, now."""
exam_publishing = Signal()
"""Question, asked where an exam is or would be published. Sender Exam; argument: exam. Receivers return a warning or ""."""
standard_round_opened = Signal()
"""Judges are asked for their judgements. Sender StandardSetting; argument: setting (in the round that opened)."""
attempt_scheduled = Signal()
"""Staff planned a sitting. Sender Attempt; argument: attempt."""
attempt_reopened = Signal()
"""A closed attempt goes on. Sender Attempt; argument: attempt."""
attempt_received = Signal()
"""An attempt is closed but could not be scored yet; its result follows. Sender Attempt; argument: attempt."""
attempt_graded = Signal()
"""Each scoring run of an attempt that counts, practice apart. Sender Attempt; arguments: attempt, passed, first_time_graded."""
question_import_queued = Signal()
"""A file of questions waits to be read or written. Sender QuestionImport; argument: row."""
regrade_asked = Signal()
"""A correction is to be counted or applied. Sender Regrade; argument: regrade."""
attempt_voided = Signal()
"""An attempt was taken out of the count, whatever it was before. Sender Attempt; arguments: attempt, cause."""
practical_opening = Signal()
"""Gate before a try opens. Sender Practical; arguments: learner, practical, now."""
submission_received = Signal()
"""A learner handed in. Sender Submission; arguments: submission."""
submission_returned = Signal()
"""Staff gave a submission back to its learner to replace. Sender Submission; arguments: submission, reason."""
session_booked = Signal()
"""A learner booked a live session. Sender Booking; argument: booking."""
session_attested = Signal()
"""A host said that a session took place. Sender Booking; argument: booking."""
session_called_off = Signal()
"""A booked session does not take place. Sender Booking; arguments: booking, by, reason."""
submission_decided = Signal()
"""The outcome stands; again where an appeal was answered. Sender Submission; arguments: submission, decision."""
review_task_waiting = Signal()
"""A set of marks is wanted. Sender ReviewTask; arguments: task."""
appeal_received = Signal()
"""A learner appealed against a decision. Sender Appeal; arguments: appeal, submission."""
promises_at_risk = Signal()
"""Answers are due before graders on duty can give them. Sender ReviewTask; argument: risk (rules/promises.Risk)."""
recording_received = Signal()
"""Every byte of a recording has come, or its checks are wanted again. Sender Recording; argument: recording."""
recording_checked = Signal()
"""The checks of a recording ended: ready, rejected or failed. Sender Recording; argument: recording."""
enrichment_queued = Signal()
"""Further work on a ready recording waits. Sender Enrichment; argument: enrichment."""
ruling_clip_queued = Signal()
"""The clip of a ruling waits to be cut, or to be deleted. Sender RulingClip; argument: clip."""
ruling_clip_failed = Signal()
"""The clip of a ruling could not be cut; `code` says why. Sender RulingClip; argument: clip."""
upload_waits = Signal()
"""Nothing came of an unfinished upload for a day; sent once for each. Sender Upload; argument: upload."""
purge_asked = Signal()
"""Bytes are to be removed at once. Sender Purge; argument: purge."""
recording_purged = Signal()
"""Every byte of a recording is removed; what was drawn from it goes now. Sender Recording; argument: recording."""
statistics_wanted = Signal()
"""Statistics of an exam wait to be computed. Sender ExamStatistics; argument: statistics."""
forecast_wanted = Signal()
"""A question to the simulator waits to be played. Sender Forecast; argument: forecast."""
review_statistics_wanted = Signal()
"""Statistics of graders wait to be computed. Sender ReviewStatistics; argument: statistics."""
