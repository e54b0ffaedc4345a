"""A whole small program as an author writes it, in one file."""

import yaml

from accreditation.actions.loading import Mistakes, load_programs

LEVELS = ["Not seen.", "Seen once.", "Seen often.", "Seen throughout.", "Others learn from it."]
SMALL = """
catalogue:
  roles:
  - {slug: sal, name: Strategic Account Leader}
  personas:
  - {slug: sales, name: Sales}
  use_cases:
  - {slug: ci-cd, name: CI/CD}
  sizes:
  - {slug: enterprise, name: Enterprise}
  journey_stages:
  - {slug: discover, name: Discover}
  competencies:
  - {slug: planning, name: Planning}
courses:
- slug: planning
  title: Planning
  journey_stage: discover
  use_cases: [ci-cd]
  objectives:
  - {slug: plan, text: Write a plan, competency: planning}
  lessons:
  - {slug: one, title: One, kind: handbook, objective: plan, body: Read.}
paths:
- slug: way
  title: Way
  journey_stage: discover
  use_case: ci-cd
  courses: [planning]
banks:
- slug: bank
  title: Bank
  questions:
  - id: q1
    type: single
    objective: planning/plan
    text: Question 1?
    options:
    - {text: Right 1, correct: true}
    - {text: Wrong 1}
  - id: q2
    type: multiple
    objective: planning/plan
    text: Question 2?
    options:
    - {text: A, correct: true}
    - {text: B, correct: true}
    - {text: C}
  - id: q3
    type: true_false
    objective: planning/plan
    text: Question 3?
    options: []
    answer: false
exams:
- slug: exam
  title: Exam
  bank: bank
  blueprint:
  - {objective: planning/plan, count: 2}
rubrics:
- slug: sheet
  title: Sheet
  pass_points: 3
  criteria:
  - slug: pain
    name: Pain
    levels: [Not seen., Seen once., Seen often., Seen throughout., Others learn from it.]
    raises: [a, b, c, d]
brief_pools:
- slug: pool
  title: Pool
  briefs:
  - {slug: one, customer: Quill, size: enterprise, persona: sales, use_case: ci-cd}
practicals:
- slug: demo
  title: Demo
  kind: recorded_demo
  exam: exam
  rubric: sheet
  brief_pool: pool
  parts:
  - {name: Demo, minutes: 5}
programs:
- slug: seller
  title: Seller
  roles: [sal]
  personas: [sales]
  groups:
  - title: Know
    requirements:
    - {kind: path, ref: way, proof: know}
    - {kind: exam, ref: exam, proof: know}
  - title: Show
    rule: n_of
    count: 1
    requirements:
    - {kind: practical, ref: demo, proof: show}
  badge: {name: Seller, description: Sells., criteria: Sold., label: Seller}
"""


class PlainDumper(yaml.SafeDumper):
    """Writes a list that stands in two places twice, as an author would."""

    def ignore_aliases(self, data):
        return True


def question(number, **changes):
    options = [{"text": f"Right {number}", "correct": True}, {"text": f"Wrong {number}"}]
    base = {"id": f"q{number}", "type": "single", "objective": "planning/plan", "text": f"Question {number}?"}
    return base | {"options": options} | changes


def small_program():
    """Every section once; each part refers to the ones before it."""
    return yaml.safe_load(SMALL)


def changed(path, value=None, *, remove=False, key=None):
    """The small program with one place changed: `path` as `courses.0.title`; `key` adds a key there."""
    data = small_program()
    *way, last = path.split(".")
    place = data
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    last = int(last) if last.isdigit() else last
    if remove:
        del place[last]
    elif key:
        place[last][key] = value
    else:
        place[last] = value
    return data


def write(folder, data, name="program.yaml"):
    """The file with this content: bytes or text as they are, anything else as YAML in the order given."""
    path = folder / name
    text = data if isinstance(data, bytes | str) else yaml.dump(data, Dumper=PlainDumper, sort_keys=False)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(folder, *contents):
    """Load these contents, a file each."""
    return load_programs(paths=[write(folder, one, f"{n}.yaml") for n, one in enumerate(contents)], by=None)


def mistakes_of(folder, *contents):
    """The mistakes as (line, message) pairs; fails where there are none."""
    try:
        load(folder, *contents)
    except Mistakes as mistakes:
        return [(one.line, one.message) for one in mistakes.problems]
    raise AssertionError("the files were taken")
