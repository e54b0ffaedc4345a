"""Every single-member edit of a JSON document: each value changed, each member deleted, each place given one more."""

import copy
import json


def paths(value, path=()):
    """Every place in a document but its root, from the outside in."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*path, name)
        yield from paths(inner, (*path, name))


def at(document, path):
    for name in path:
        document = document[name]
    return document


def every_edit(document):
    """(what was done, the edited document) for each edit."""
    for path in paths(document):
        yield from ((f"{what} {path}", edited(document, path, deed)) for what, deed in DEEDS.items())
    for path in [(), *paths(document)]:
        if isinstance(at(document, path), dict | list):
            yield f"add to {path}", edited_inside(document, path)


def edited(document, path, deed):
    document = copy.deepcopy(document)
    deed(at(document, path[:-1]), path[-1])
    return document


def edited_inside(document, path):
    document = copy.deepcopy(document)
    target = at(document, path)
    if isinstance(target, dict):
        target["name" if "name" not in target else "narrative"] = "Added"
    else:
        target.append(copy.deepcopy(target[0]))
    return document


def other(value):
    """Another value of the same kind."""
    if isinstance(value, str):
        return value[:-1] + ("a" if value[-1:] != "a" else "b")
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return list(reversed(value)) if isinstance(value, list) and len(value) > 1 else "other"


def change(target, name):
    target[name] = other(target[name])


def delete(target, name):
    del target[name]


def wrap(target, name):
    target[name] = {"@value": target[name]} if isinstance(target[name], list) else [target[name]]


DEEDS = {"change": change, "delete": delete, "wrap": wrap}


def with_doubled_members(document):
    """(what was done, text) for each member written twice, as JSON text alone can say it."""
    for path in paths(document):
        if isinstance(path[-1], str):
            marked = edited(document, path, mark)
            text = json.dumps(marked)
            member = f"{json.dumps(path[-1])}: {json.dumps(at(document, path))}"
            yield f"double {path}", text.replace('"\\u0000marked": 0', f"{member}, {member}")


def mark(target, name):
    del target[name]
    target["\0marked"] = 0
