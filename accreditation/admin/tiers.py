"""Tiers in the administration, and who holds which: read, search, filter. Tiers are written as code, holdings computed."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accreditation.models import Tier, TierHolding
from accreditation.rules.organisation_tiers import AHEAD
from accreditation.rules.tier_holdings import tier_day
from badges.models import Achievement
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(Tier)
class TierAdmin(ReadOnlyAdmin):
    """From how many use cases on each tier is held; a program file writes them."""

    list_display = ("title", "use_cases", "organisation_use_cases", "complex_is_enough", "badge", "holders", "slug")
    list_select_related = ("achievement",)
    search_fields = ("title", "slug")
    fields = ("title", "slug", "use_cases", "organisation_use_cases", "complex_is_enough", "achievement")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        """With how many people hold each."""
        held = TierHolding.objects.filter(tier=OuterRef("slug")).order_by().values("tier").annotate(many=Count("pk"))
        counted = Coalesce(Subquery(held.values("many")), 0, output_field=IntegerField())
        return super().get_queryset(request).defer("achievement__image").annotate(held=counted)

    @admin.display(description=gettext_lazy("badge"))
    def badge(self, row: Tier) -> Achievement | None:
        """What is awarded for it."""
        return row.achievement

    @admin.display(description=gettext_lazy("people"), ordering="held")
    def holders(self, row: Any) -> int:
        """How many hold it, as last computed."""
        return row.held


class EndsFilter(admin.SimpleListFilter):
    """By how soon the tier ends."""

    title = "ends"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        """The same days as an organisation is told of."""
        return [("soon", f"within {AHEAD.days} days"), ("none", "holds none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TierHolding]) -> QuerySet[TierHolding]:
        """Those that end so soon, or that hold none."""
        today = tier_day(timezone.now())
        if self.value() == "soon":
            return queryset.filter(valid_until__range=(today, today + AHEAD))
        return queryset.filter(tier="") if self.value() == "none" else queryset


@admin.register(TierHolding)
class TierHoldingAdmin(ReadOnlyAdmin):
    """The tiers of people, as last computed with their standing."""

    list_display = (
        "learner",
        "organisation",
        "tier",
        "valid_until",
        "shown",
        "complex_until",
        "revoked",
        "computed_at",
    )
    list_filter = ("tier", EndsFilter, "learner__organisation")
    list_select_related = ("learner__organisation",)
    search_fields = ("learner__email", "learner__name")
    fields = (
        "learner", "tier", "valid_until", "use_cases", "complex_until", "verticals", "revoked", "credential", "computed_at",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("organisation"), ordering="learner__organisation__name")
    def organisation(self, row: TierHolding) -> Any:
        """Where the person belongs today."""
        return row.learner.organisation

    @admin.display(description=gettext_lazy("use cases"))
    def shown(self, row: TierHolding) -> int:
        """How many distinct ones counted when it was computed."""
        return len(row.use_cases)
