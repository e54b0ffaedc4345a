"""The child process that reads question files of strangers: our own code, but none of our settings, no secrets, tight limits.

Run as a script by `assessments.question_files.read_confined`, in an empty environment and a session of its own:

    question_reader.py LIMITS.json SOURCE NAME FORMAT

It prints what the file holds as lines of JSON (`rules/written_json.py`). Any other end is a limit or a crash.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from django.conf import settings

from courses.lib.confined import confine


def main(arguments: list[str]) -> None:
    """Confine, read, print."""
    limits, source, name, form = arguments
    confine(json.loads(limits))
    settings.configure(USE_I18N=False)  # what is wrong with a file is kept, so it is said in English whoever asks
    from assessments.rules.formats import read_file
    from assessments.rules.written_json import dump

    parsed = read_file(Path(source).read_bytes(), name=name, format=form)
    for line in dump(parsed):
        sys.stdout.buffer.write(line.encode("utf-8", errors="replace"))


if __name__ == "__main__":
    main(sys.argv[1:])
