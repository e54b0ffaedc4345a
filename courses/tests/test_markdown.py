from courses.lib.markdown import render_markdown


def test_raw_html_stays_text():
    html = render_markdown("<script>alert(1)</script>")

    assert "<script" not in html


def test_links_keep_only_safe_schemes():
    html = render_markdown("[a](javascript:alert(1)) [b](https://example.com/)")

    assert "javascript:" not in html.replace("[a](javascript:alert(1))", "")
    assert 'href="https://example.com/"' in html
