"""What happens below, answered here: each receiver writes a row, and the row's task is hurried after the commit."""

from accreditation.receivers import assessments, badges, learning, people, programs  # noqa: F401
