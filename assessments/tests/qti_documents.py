"""QTI items in their shortest form, and what their reading says, for the tests."""

from assessments.rules.formats import read_file
from assessments.rules.imports import judge

CORRECT = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>'
MAPPED = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/map_response.xml"/>'
SHUFFLED = 'responseIdentifier="R" shuffle="true"'


def item(declaration, body, processing=CORRECT, *, name="i1", more=""):
    inside = f"{declaration}<itemBody><p>What?</p>{body}</itemBody>{processing}{more}"
    space = "http://www.imsglobal.org/xsd/imsqti_v2p2"
    return f'<assessmentItem xmlns="{space}" identifier="{name}" title="T">{inside}</assessmentItem>'


def declared(cardinality, base, *values, mapping=""):
    correct = "".join(f"<value>{value}</value>" for value in values)
    attributes = f'identifier="R" cardinality="{cardinality}" baseType="{base}"'
    return (
        f"<responseDeclaration {attributes}><correctResponse>{correct}</correctResponse>{mapping}</responseDeclaration>"
    )


def mapping(*entries, bounds='lowerBound="0" upperBound="2"'):
    inside = "".join(
        f'<mapEntry mapKey="{key}" mappedValue="{value}" {" ".join(more)}/>' for key, value, *more in entries
    )
    return f"<mapping {bounds}>{inside}</mapping>"


def choices(*names, tag="simpleChoice"):
    return "".join(f'<{tag} identifier="{name}">{name.lower()}</{tag}>' for name in names)


def report_on(document, name="item.xml"):
    return judge(read_file(document.encode() if isinstance(document, str) else document, name=name))


def only(*arguments, **fields):
    return report_on(item(*arguments, **fields)).questions[0]


def lines(judged):
    return [(one.text, one.fraction, one.match) for one in judged.question.options]


def choice(*names, attributes=SHUFFLED):
    return f"<choiceInteraction {attributes}><prompt>Which?</prompt>{choices(*names)}</choiceInteraction>"


GOOD = item(declared("single", "identifier", "A"), choice("A", "B"))
