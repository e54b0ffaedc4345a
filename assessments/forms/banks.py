"""Questions: one in its form, many in a file."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from assessments.models import Question
from assessments.rules.banks import rule_or_default, why_not_write
from assessments.rules.formats import formats
from assessments.rules.kinds import kinds
from assessments.rules.option_lines import UnreadableLine, read_lines, wording_of
from assessments.rules.practice import why_not_use_otherwise
from assessments.rules.written import plain_id
from courses.lib.refusals import Refusal
from courses.lib.words import in_readers_language
from courses.models import SourceRevision


class QuestionForm(forms.ModelForm):
    """A question with its wording. Saving another wording makes a new version; used ones never change."""

    kind = forms.ChoiceField(label=gettext_lazy("type"))
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("Markdown."))
    options = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        help_text=(
            gettext_lazy(
                "One to a line: “= right”, “~ wrong”; “~! None of the above” stays last; “=50% half” is a weight. A "
                "line that begins with “#” is what practice says of the line above it; one that begins with two "
                "blanks goes on with it."
            )
        ),
    )
    rule = forms.ChoiceField(label=gettext_lazy("scoring rule"), required=False)
    rationale = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), required=False, help_text=gettext_lazy("Markdown.")
    )
    source_revision = forms.ModelChoiceField(
        SourceRevision.objects.select_related("source"),
        label=gettext_lazy("checked against"),
        required=False,
        help_text=gettext_lazy("The revision of its source that it says the same as. Another one makes a version."),
    )

    class Meta:
        model = Question
        fields = (
            "bank",
            "external_id",
            "title",
            "objective",
            "competency",
            "topic",
            "difficulty",
            "practice_only",
            "enemies",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(name, in_readers_language(kind.LABEL)) for name, kind in kinds().items()]  # type: ignore[attr-defined]
        self.fields["rule"].choices = [("", "the type's default"), *_rules().items()]  # type: ignore[attr-defined]
        self.fields["options"].help_text = format_html("{}{}", self.fields["options"].help_text, _examples())
        self.initial.setdefault("kind", "single")
        if version := self.instance.current_version:
            self.initial.update(wording_of(version) | {"source_revision": version.source_revision_id})

    def clean_external_id(self) -> str:
        """A new question's id without what nobody sees; one that stands is never renamed."""
        name = self.cleaned_data["external_id"]
        return name if self.instance.pk else plain_id(name)

    def clean(self) -> dict[str, Any]:
        """Refuse here what the action would refuse, with the same sentence."""
        data = super().clean() or {}
        try:
            data["written"] = read_lines(data.get("options", ""))
        except UnreadableLine as error:
            raise forms.ValidationError(str(error)) from error
        kind = data.get("kind", "")
        data["rule"] = rule_or_default(kind, data.get("rule", ""))
        refusal = why_not_write(kind, data.get("text", ""), data["written"], data["rule"]) or self._why_not_use(data)
        if refusal:
            raise forms.ValidationError(refusal.sentence)
        return data

    def _why_not_use(self, data: dict[str, Any]) -> Refusal | None:
        if not self.instance.pk or "practice_only" not in self.changed_data:
            return None
        return why_not_use_otherwise(self.instance, practice_only=data["practice_only"])


def _rules() -> dict[str, str]:
    """Each scoring rule with the types that have it."""
    names = sorted({rule for kind in kinds().values() for rule in kind.RULES})
    return {
        rule: f"{rule} ({', '.join(in_readers_language(kind.LABEL) for kind in kinds().values() if rule in kind.RULES)})"
        for rule in names
    }


def _examples() -> SafeString:
    """The lines of every type, as its module shows them; ⏎ stands between lines."""
    rows = ((in_readers_language(kind.LABEL), kind.EXAMPLE.replace("\n", " ⏎ ")) for kind in kinds().values())
    return format_html_join("", "<br>{}: <code>{}</code>", rows)


class ImportForm(forms.Form):
    """A file of questions, the bank it is for, and its format where it isn't recognised."""

    refused_at = {"too-large": "file", "empty-file": "file", "bad-slug": "bank_slug"}

    bank_slug = forms.SlugField(
        label=gettext_lazy("Bank"),
        max_length=80,
        help_text=gettext_lazy("The slug of a bank. A new bank is made when you accept the import."),
    )
    file = forms.FileField(
        help_text=gettext_lazy("GIFT, Moodle XML, a QTI 2.1, 2.2 or 3.0 package, or CSV; at most 50 MB.")
    )
    format = forms.ChoiceField(required=False, help_text=gettext_lazy("Only needed where it isn't recognised."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["format"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "recognise it"), *((one.NAME, one.LABEL) for one in formats().values())]
