"""Deeds at the same moment, on real threads with connections of their own."""

import threading

from django.db import connections

from courses.lib.refusals import Refused


def at_once(deeds):
    """The results of deeds that all start together, in their order; a refusal gives its code, a fault itself."""
    barrier, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place, deed):
        barrier.wait()
        try:
            results[place] = deed()
        except Refused as refused:
            results[place] = refused.refusal.code
        except Exception as fault:
            results[place] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def start(deed):
    """Begin a deed on a thread of its own; call what comes back to wait for its result."""
    results = []

    def run():
        try:
            results.append(deed())
        except Exception as fault:
            results.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()

    def wait():
        thread.join(30)
        return results[0] if results else None

    return wait
