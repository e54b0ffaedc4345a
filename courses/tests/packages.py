"""Packages to try things with: plain ones of both versions, and whatever a test puts into one."""

import io
import zipfile

ITEM = '<item identifier="{n}" identifierref="r{n}"><title>Part {n}</title></item>'
RESOURCE = '<resource identifier="r{n}" type="webcontent" adlcp:{kind}="sco" href="{page}"/>'
PAGE = """<!doctype html><title>Part</title><h1>Part</h1><pre id="said"></pre><script>{script}</script>"""
FINISH_12 = """const api = parent.API; const said = [api.LMSInitialize('')];
said.push(api.LMSSetValue('cmi.core.lesson_status', 'completed'), api.LMSSetValue('cmi.suspend_data', 'page 3'));
said.push(api.LMSSetValue('cmi.core.score.raw', '101'), api.LMSGetLastError(), api.LMSGetValue('cmi.core.student_name'));
said.push(api.LMSFinish('')); document.getElementById('said').textContent = said.join();"""


def manifest(version="1.2", pages=("index.html",), organizations=None):
    newer = version != "1.2"
    space = "http://www.adlnet.org/xsd/adlcp_v1p3" if newer else "http://www.adlnet.org/xsd/adlcp_rootv1p2"
    kind = "scormType" if newer else "scormtype"
    items = "".join(ITEM.format(n=n) for n, _ in enumerate(pages))
    resources = "".join(RESOURCE.format(n=n, kind=kind, page=page) for n, page in enumerate(pages))
    inside = f'<organization identifier="o"><title>A tour</title>{items}</organization>'
    plan = organizations or f'<organizations default="o">{inside}</organizations>'
    said = "2004 4th Edition" if newer else "1.2"
    return (
        f'<?xml version="1.0"?><manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="{space}">'
        f"<metadata><schemaversion>{said}</schemaversion></metadata>{plan}<resources>{resources}</resources></manifest>"
    )


def package(files=None, *, version="1.2", pages=("index.html",), script=FINISH_12, **more):
    """The bytes of a package; `files` are put in beside, or in the place of, a manifest and its pages."""
    found = {"imsmanifest.xml": manifest(version, pages, **more)}
    found |= {page.partition("?")[0]: PAGE.format(script=script) for page in pages}
    found |= files or {}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            if content is not None:
                archive.writestr(name, content)
    return made.getvalue()
