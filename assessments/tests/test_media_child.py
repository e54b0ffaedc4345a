"""The child that reads files: its limits, its end, and answers that are not believed."""

import json
import signal
import subprocess
import sys

import pytest

from assessments import media


def test_a_library_that_does_not_answer_is_asked_again(monkeypatch):
    def hang(*args, **kwargs):
        raise subprocess.TimeoutExpired("python", 30)

    media._library_loads.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(media.subprocess, "run", hang)
        assert media.media_library_word() == "missing"

    assert media.media_library_word() == "ok"


def test_the_library_loads_here():
    assert media.media_library_word() == "ok"


@pytest.mark.parametrize(
    "answer", ["", "[]", '{"facts": {}}', '{"facts": {"size": "x"}}', json.dumps({"facts": {"seconds": 1e999}})]
)
def test_a_child_that_talks_nonsense_is_not_believed(tmp_path, monkeypatch, answer):
    script = tmp_path / "probe.py"
    script.write_text(f"print({answer!r})")
    monkeypatch.setattr(media, "SCRIPT", script)

    with pytest.raises(media.MediaFailed):
        media.look_at(script, tmp_path)


def test_facts_out_of_range_are_not_believed():
    with pytest.raises(media.MediaFailed):
        media._facts_from({"size": 1 << 60})


def test_a_hanging_child_is_killed_with_its_children(tmp_path, monkeypatch, eventually):
    script = tmp_path / "probe.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[4] + '/child', 'w').write(str(child.pid))\ntime.sleep(60)\n"
    )
    monkeypatch.setattr(media, "SCRIPT", script)
    monkeypatch.setattr(media, "wall_seconds", lambda size: 1)

    with pytest.raises(media.MediaFailed):
        media.run_confined("look", script, tmp_path)

    def is_over():
        asked = ["ps", "-o", "stat=", "-p", (tmp_path / "child").read_text()]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() in ("", "Z", "ZN")

    assert eventually(is_over)


def test_the_child_takes_its_limits_and_no_secrets(tmp_path, monkeypatch):
    script = tmp_path / "probe.py"
    script.write_text(
        f"import sys, json, os, resource\nsys.path.insert(0, {str(media.SCRIPT.parent)!r})\nimport probe\n"
        "probe.confine(json.loads(sys.argv[1]))\n"
        "names = 'CPU AS FSIZE NOFILE CORE'.split()\n"
        "limits = {name: resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[1] for name in names}\n"
        "print(json.dumps({'facts': {'limits': limits, 'environment': sorted(os.environ)}}))\n"
    )
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(media, "SCRIPT", script)
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "x")

    # The script's own folder would shadow the module that it imports.
    script.rename(tmp_path / "look.py")
    monkeypatch.setattr(media, "SCRIPT", tmp_path / "look.py")
    facts = media.run_confined("look", tmp_path / "look.py", tmp_path / "out")

    assert facts["limits"] == media.limits_for((tmp_path / "look.py").stat().st_size)
    assert not {"SECRET_OF_THE_PARENT", "SECRET_KEY", "DATABASE_URL"} & set(facts["environment"])


def test_a_processor_limit_ends_the_child(tmp_path, monkeypatch):
    script = tmp_path / "busy.py"
    script.write_text(
        f"import sys, json\nsys.path.insert(0, {str(media.SCRIPT.parent)!r})\nimport probe\n"
        "probe.confine(json.loads(sys.argv[1]) | {'CPU': 1})\nwhile True: pass\n"
    )
    monkeypatch.setattr(media, "SCRIPT", script)

    with pytest.raises(media.MediaFailed, match=str(-signal.SIGKILL)):
        media.run_confined("look", script, tmp_path)


def test_a_missing_file_is_never_called_unreadable(tmp_path):
    limits = json.dumps(media.limits_for(0))
    command = [sys.executable, "-I", str(media.SCRIPT), limits, "look", str(tmp_path / "gone"), str(tmp_path)]

    ended = subprocess.run(command, capture_output=True, check=False)

    assert ended.returncode == 1
