"""The built-in admin, for set-up data and rare edits, in the shell of the staff pages."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest

from backoffice import approvals, exports
from backoffice.models import ApprovalThreshold, AuditEvent


class StaffModelAdmin(admin.ModelAdmin):
    """Base of our admin classes: no second count, no giant selects, changes attributed by the middleware."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    personal: ClassVar[Sequence[str]] = ()  # fields left out for those who may not see personal data

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        return queryset.visible_to(request.user) if hasattr(queryset, "visible_to") else queryset

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_list_display(request) if name not in hidden]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self._hidden(request)
        return [*(super().get_exclude(request, obj) or ()), *hidden] if hidden else super().get_exclude(request, obj)

    def _hidden(self, request: HttpRequest) -> Sequence[str]:
        may = request.user.has_perm(exports.PERSONAL)  # type: ignore[union-attr]
        return () if may else self.personal


class AskingForm(forms.ModelForm):
    """Asks the service first and takes its work back, so that a refusal stands on the form."""

    model_admin: "ThroughService"
    user: Any

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            with transaction.atomic():
                self.write()
                transaction.set_rollback(True)
        return cleaned

    def write(self) -> models.Model:
        stored = type(self.instance)._default_manager.get(pk=self.instance.pk) if self.instance.pk else None
        return self.model_admin.write(stored, by=self.user, **self.cleaned_data)


class ThroughService(StaffModelAdmin):
    """Adds and changes rows by `write`, which calls one service."""

    def write(self, obj: Any, *, by: Any, **fields: Any) -> models.Model:
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, form=AskingForm, **kwargs)
        form.model_admin, form.user = self, request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = form.write().pk
        obj.refresh_from_db()


class ReadOnlyAdmin(StaffModelAdmin):
    """For ledgers and other rows that only services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "verb", "subject", "actor", "source", "reason"]
    list_select_related = ["actor"]
    personal = ["reason", "data"]


class ThresholdForm(forms.ModelForm):
    kind = forms.ChoiceField(
        choices=lambda: [(kind.key, kind.label) for kind in approvals.every() if not kind.limit_key]
    )


@admin.register(ApprovalThreshold)
class ApprovalThresholdAdmin(StaffModelAdmin):
    form = ThresholdForm
    list_display = ["kind_label", "limit"]
    fields = ["kind", "limit"]

    @admin.display(description=ApprovalThreshold._meta.get_field("kind").verbose_name)
    def kind_label(self, row: ApprovalThreshold) -> str:
        return str(approvals.get(row.kind).label)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["kind"] if obj is not None else []
