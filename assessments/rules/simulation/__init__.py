"""The review queue played through in a model: arrivals, graders, leave, drift and policies, with the rules of production.

`worlds` draws submissions and graders, `policies` says who is asked for a further reading, `play` moves the queue from
one event to the next, `figures` counts. Policies see marks and times, never the truth. Source: reviews.md, Simulation.
"""
