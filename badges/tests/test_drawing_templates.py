"""Uploaded drawings: what may stand in a badge comes through as it was, everything else is refused with its reason and line."""

import time

import pytest

from badges import artwork, drawings
from courses.lib.xml import read_xml

GOOD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 600 600" width="600">
<title>Mine</title>
<defs><linearGradient id="tone"><stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{deep}"/></linearGradient>
<path id="over" d="M88 300A212 212 0 0 1 512 300"/><circle id="dot" r="6" fill="{deep}"/></defs>
<rect width="600" height="600" rx="90" fill="{ground}" stroke="url(#tone)" stroke-width="20"/>
<use xlink:href="#dot" x="60" y="60"/><use href="#dot" x="540" y="60"/>
<g id="icon" transform="translate(300 170) scale(5)" fill="none" stroke="{light}" stroke-width="1.5"/>
<text fill="{ink}" font-size="25"><textPath href="#over" startOffset="50%" text-anchor="middle">{name}</textPath></text>
<text x="300" y="330" font-size="80" data-room="420" text-anchor="middle" fill="{ink}">{label}</text>
<text x="300" y="390" font-size="30" text-anchor="middle" fill="{light}"><tspan>{tier}</tspan> {persona}</text>
<text x="300" y="520" font-size="20" text-anchor="middle" fill="{ink}">{foot}</text>
</svg>"""


def drawing(**changes):
    facts = {
        "shape": "disc", "tone": "green", "name": "Partner Seller", "label": "Seller", "foot": "Example Company",
        "tier": "walk", "persona": "Sales", "icon": "cube", "template": GOOD, "title": "Badge: Partner Seller",
    }  # fmt: skip
    return artwork.Drawing(**facts | changes)


def inside(part, *, before=""):
    """A drawing that is right but for `part`, which stands in line 2."""
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><text>{{label}}</text>\n{part}</svg>'


def test_good_drawing_comes_through_and_again_unchanged():
    cleaned = drawings.clean(GOOD)

    assert drawings.clean(cleaned) == cleaned
    assert "made by hand" not in cleaned and "<?xml" not in cleaned and "xlink" not in cleaned
    assert [node.tag for node in read_xml(cleaned.encode()).iter()] == [
        node.tag for node in read_xml(GOOD.encode()).iter()
    ]


def test_places_are_filled():
    svg = artwork.draw_svg(drawing())

    for words in (
        "Partner Seller",
        "Seller",
        "Walk",
        "Sales",
        "Example Company",
        "#8df0c4",
        "#2fb888",
        "#1b2146",
        "#ffffff",
    ):
        assert words in svg
    assert "{" not in svg and "<title>Badge: Partner Seller</title>" in svg and "Mine" not in svg
    assert 'id="icon"' in svg and svg.count("<path") > 1
    assert artwork.draw_png(drawing()) != artwork.draw_png(drawing(tone="rose"))


def test_words_in_places_are_words_and_never_drawing():
    svg = artwork.draw_svg(drawing(label="<script>&", name='"><image/>', persona="{ink}", title="</title><script/>"))

    assert "<script" not in svg and "<image" not in svg
    assert "&lt;script&gt;&amp;" in svg and "{ink}" in svg


def test_long_words_become_smaller():
    assert 'font-size="80.0"' in artwork.draw_svg(drawing(label="Go"))
    assert 'font-size="37.6"' in artwork.draw_svg(drawing(label="X" * 18))


def test_no_icon_leaves_the_place_empty():
    assert artwork.draw_svg(drawing(icon="")).count("<path") == 1


REFUSED = {
    "script": ("<script>alert(1)</script>", "nothing in a badge runs"),
    "script of another namespace": ('<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>', "script"),
    "element of no namespace": ('<path xmlns=""/>', "path"),
    "handler": ('<rect onload="alert(1)"/>', "nothing in a badge runs"),
    "handler by case": ('<rect ONCLICK="x"/>', "ONCLICK"),
    "page inside": ("<foreignObject/>", "brings a page"),
    "image": ('<image href="https://example.com/x.png"/>', "draw it as paths"),
    "image inside": ('<image href="data:image/png;base64,AAAA"/>', "draw it as paths"),
    "drawing inside an image": ('<image href="data:image/svg+xml,&lt;svg/&gt;"/>', "draw it as paths"),
    "style": ("<style>@import url(//example.com/x.css);</style>", "style sheets"),
    "style attribute": ('<rect style="fill:url(https://example.com/x)"/>', "style"),
    "class": ('<rect class="x"/>', "class"),
    "link": ('<a href="https://example.com"><rect/></a>', "links to nothing"),
    "outside use": ('<use href="https://example.com/x.svg#a"/>', "own parts"),
    "outside use by the older name": (
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="file:///etc/passwd"/>', "own parts"
    ),
    "both names at once": (
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" href="#a" xlink:href="//example.com/x"/>', "own parts"
    ),
    "href of a third namespace": ('<use xmlns:y="urn:y" y:href="#a"/>', "href"),
    "script address": ('<use href="javascript:alert(1)"/>', "own parts"),
    "outside paint": ('<rect fill="url(https://example.com/x#a)"/>', "no use for"),
    "outside paint by case": ('<rect fill="URL(//example.com#a)"/>', "no use for"),
    "outside paint by escape": ('<rect fill="u\\72l(x)"/>', "no use for"),
    "outside paint by comment": ('<rect fill="ur/**/l(x)"/>', "no use for"),
    "outside paint after a good one": ('<rect id="a" fill="url(#a) url(x)"/>', "no use for"),
    "part that isn't there": ('<rect fill="url(#gone)"/>', "no part “gone”"),
    "base": ('<g xml:base="https://example.com"/>', "base"),
    "animation": ('<animate attributeName="href" to="javascript:alert(1)"/>', "doesn't move"),
    "animated transform": ("<animateTransform/>", "doesn't move"),
    "animated motion": ("<animateMotion/>", "doesn't move"),
    "set": ('<set attributeName="onload" to="x"/>', "doesn't move"),
    "filter": ("<filter/>", "cost more"),
    "pattern": ("<pattern/>", "without bound"),
    "switch": ("<switch/>", "not among"),
    "drawing in the drawing": ("<svg/>", "not among"),
    "metadata": ("<metadata/>", "plain SVG"),
    "drawing program": ('<s:namedview xmlns:s="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"/>', "plain SVG"),
    "dashes": ('<path d="M0 0H600" stroke-dasharray="0.0001"/>', "stroke-dasharray"),
    "instruction": ('<?xml-stylesheet href="https://example.com/x.css"?>', "instructions"),
    "huge number": ('<rect width="1e9"/>', "beyond"),
    "huge font": ('<text font-size="99999">x</text>', "beyond"),
    "place for nothing": ("<text>{password}</text>", "{password}"),
    "template language": ("<text>{{ settings.SECRET_KEY }}</text>", "no place"),
    "format language": ("<text>{name.__class__}</text>", "no place"),
    "word as a colour": ('<rect fill="{name}"/>', "no place"),
    "id twice": ('<g id="a"/><g id="a"/>', "twice"),
    "id of an address": ('<g id="9 x"/>', "id"),
    "repeating itself": ('<g id="a"><use href="#a"/></g>', "repeat"),
    "repeating repeats": ('<rect id="a"/><g id="b"><use href="#a"/></g><use href="#b"/>', "repeat"),
    "masking itself": ('<mask id="a"><rect mask="url(#a)"/></mask>', "masks"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_place_in_a_badge_is_refused_with_reason_and_line(name):
    part, reason = REFUSED[name]

    with pytest.raises(drawings.BadDrawing) as raised:
        drawings.clean(inside(part))
    assert reason in raised.value.reason
    assert raised.value.line in ((1, 2) if "mask" in name else (2,))


WHOLE = {
    "doctype": (inside("", before='<!DOCTYPE svg PUBLIC "a" "http://example.com/svg.dtd">'), "DOCTYPE"),
    "laughs": (inside("&b;", before='<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'), "DOCTYPE"),
    "outside entity": (inside("&x;", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "DOCTYPE"),
    "instruction before": (inside("", before='<?xml version="1.0"?><?xml-stylesheet href="x"?>'), "instructions"),
    "instruction after": (inside("") + '<?xml-stylesheet href="x"?>', "instructions"),
    "no xml": ("<svg", "well-formed"),
    "a page": ("<html/>", "begins with"),
    "svg of no namespace": ('<svg viewBox="0 0 60 60"><text>{label}</text></svg>', "begins with"),
    "no place": (inside("").replace("{label}", "Same"), "no place for"),
    "no box": (inside("").replace("viewBox", "id"), "viewBox"),
    "long box": (inside("").replace("0 0 60 60", "0 0 60 600"), "viewBox"),
    "huge box": (inside("").replace("0 0 60 60", "0 0 9999999 9999999"), "viewBox"),
    "too large": (inside(" " * 200_000), "larger"),
    "too many": (inside("<g/>" * 1_001), "too many"),
    "too many by repeating": (inside(f'<g id="a">{"<g/>" * 99}</g>' + '<use href="#a"/>' * 10), "repeated ones"),
    "too many masks": (inside('<mask id="a"/>' + '<g mask="url(#a)"/>' * 21), "masked"),
    "too deep": (inside("<g>" * 70 + "</g>" * 70), "deep"),
    "lone surrogate": (inside("\ud800"), "UTF-8"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_drawing_for_badges_is_refused(name):
    svg, reason = WHOLE[name]

    with pytest.raises(drawings.BadDrawing, match=reason):
        drawings.clean(svg)


def test_most_that_a_drawing_may_repeat_is_drawn_in_no_time():
    part = (
        '<g id="a">'
        + "".join(f'<circle cx="{n % 60}" cy="{n // 60}" r="30" stroke="{{ink}}"/>' for n in range(480))
        + "</g>"
    )
    template = inside(f'{part}<use href="#a"/>')
    started = time.perf_counter()
    artwork.draw_png(drawing(template=template))

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#ffffff", "#000000", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)]
)
def test_contrast_is_that_of_the_guideline(one, other, ratio):
    assert artwork.contrast(one, other) == artwork.contrast(other, one) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize(("light", "deep"), artwork.TONES.values(), ids=artwork.TONES)
def test_built_in_tones_can_be_read(light, deep):
    assert (
        min(
            artwork.contrast(colour, artwork.NIGHT[ground]) for colour in (light, deep) for ground in ("ground", "core")
        )
        >= 3
    )
    assert artwork.contrast(artwork.NIGHT["ink"], artwork.NIGHT["glow"]) >= 4.5


def test_weak_colours_are_named():
    weak = artwork.faint_colours(artwork.Colours("#8df0c4", "#1b2147", "#1b2146", "#55587a"))

    assert weak[0].startswith("Words (#55587a)") and any("deep end" in words for words in weak)
    assert not any("light end" in words for words in weak)
    assert not artwork.faint_colours(artwork.Colours("#8df0c4", "#2fb888", "#1b2146", "#ffffff"))


@pytest.mark.parametrize(
    "part",
    [
        '<image href="/etc/hostname"/>',
        '<image href="none.png"/>',
        '<image x=">" href="/etc/hostname"/>',
        '<image href="data:image/svg+xml,x"/>',
        '<image href="data:image/png;base64,AA" x:href="/etc/hostname"/>',
        '<x:image xmlns:x="http://www.w3.org/2000/svg"/>',
        "<filter><feImage/></filter>",
        '<!ENTITY x SYSTEM "/etc/hostname">',
    ],
)
def test_nothing_that_loads_is_ever_drawn(part):
    with pytest.raises(ValueError, match="loads"):
        artwork.render(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60">{part}</svg>')


def test_no_font_of_the_machine_is_used():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><text y="40" font-family="{}">Ag</text></svg>'

    assert artwork.render(svg.format("DejaVu Serif")) == artwork.render(svg.format("No Such Font"))


def test_fonts_of_a_drawing_are_left_out():
    svg = artwork.draw_svg(drawing(template=GOOD.replace("<text ", '<text font-family="Comic Sans MS" ')))

    assert svg == artwork.draw_svg(drawing()) and "Comic" not in svg
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" font-family="Noto Sans,')
