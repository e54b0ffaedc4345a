"""A rubric as an author writes it."""

CRITERIA = ("pain", "value", "objections", "presence", "next-steps")


def rubric_text(**changes):
    """What `author_rubric` wants: five criteria, pass at 18 of 25."""
    rows = [
        {
            "slug": slug,
            "area": "Area",
            "name": slug.title(),
            "levels": [f"{slug} level {n}" for n in range(1, 6)],
            "raises": [f"{slug} to {n}" for n in range(2, 6)],
        }
        for slug in CRITERIA
    ]
    return {"slug": "capstone", "title": "Capstone", "pass_points": 18, "criteria": rows, "by": None} | changes
