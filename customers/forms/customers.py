"""What people type about customers."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import User
from customers import services
from customers.forms.custom import CustomValues
from customers.forms.fields import NOT_ASSIGNED, TagsField
from customers.models import Address, Consent, ConsentPurpose, ContactPoint, Customer, CustomerGroup


class CustomerForm(CustomValues, forms.ModelForm):
    tags = TagsField(label=gettext_lazy("Tags"), required=False)

    class Meta:
        model = Customer
        fields = [
            "kind",
            "name",
            "company",
            "language",
            "owner",
            "external_id",
            "tax_id",
            "tags",
            "price_group",
            "tax_exempt",
            "note",
        ]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user is not None and not user.has_perm("customers.transfer_customer"):
            del self.fields["owner"]  # who may not give customers away claims them
        else:
            keep = Q(pk=self.instance.owner_id) if self.instance.owner_id else Q()
            owners: Any = self.fields["owner"]
            owners.queryset = User.objects.filter(Q(is_active=True) | keep) if keep else User.objects.active()
            owners.empty_label = NOT_ASSIGNED
        offer(self, "price_group", CustomerGroup.offered(self.instance.price_group))
        self.add_custom_fields()


def offer(form: forms.BaseForm, name: str, choices: list[tuple[str, str]], *, empty: bool = True) -> None:
    """Let a field that takes any code offer those that are set up, if any are."""
    if choices:
        field = form.fields[name]
        form.fields[name] = forms.ChoiceField(
            label=field.label,
            choices=[("", "–"), *choices] if empty else choices,
            required=not empty,
            help_text=field.help_text,
        )


def typed(form: forms.BaseForm) -> bool:
    """Whether a row holds more than the kind, which is chosen from the start."""
    return any(name != "kind" for name in form.changed_data)


class ContactForm(forms.Form):
    key = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ContactPoint.Kind.choices)
    value = forms.CharField(label=gettext_lazy("Address or number"), max_length=254)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=60, required=False)
    is_primary = forms.BooleanField(label=gettext_lazy("Primary"), required=False)

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.get("value") and fields.get("kind"):
            data = self.data_of(fields)
            try:
                data.normalized  # noqa: B018 - refuses what is no address or number
            except ValidationError as error:
                self.add_error("value", error)
        return fields

    def has_changed(self) -> bool:
        return typed(self)

    @staticmethod
    def data_of(fields: dict[str, Any]) -> services.ContactData:
        return services.ContactData(
            kind=fields["kind"],
            value=fields["value"],
            label=fields.get("label", ""),
            is_primary=bool(fields.get("is_primary")),
            pk=fields.get("key"),
        )


class AddressForm(forms.ModelForm):
    key = forms.IntegerField(widget=forms.HiddenInput, required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"), max_length=2, help_text=gettext_lazy("Two letters, such as DE or CN.")
    )

    class Meta:
        model = Address
        fields = [
            "kind",
            "name",
            "company",
            "line1",
            "line2",
            "postal_code",
            "city",
            "region",
            "country",
            "is_default",
        ]

    def clean_country(self) -> str:
        code = self.cleaned_data["country"].strip().upper()
        if not re.fullmatch("[A-Z]{2}", code):
            raise ValidationError(_("Give the country by its two letters, such as DE or CN."))
        return code

    def has_changed(self) -> bool:
        return typed(self)


class BaseRows(forms.BaseFormSet):
    def filled(self) -> list[dict[str, Any]]:
        """Rows that are stored or typed, and not to be taken away."""
        rows = (form for form in self.forms if form.initial.get("key") or form.has_changed())
        return [form.cleaned_data for form in rows if not form.cleaned_data.get("DELETE")]


ContactFormSet = forms.formset_factory(ContactForm, formset=BaseRows, extra=1, can_delete=True, max_num=50)
AddressFormSet = forms.formset_factory(AddressForm, formset=BaseRows, extra=1, can_delete=True, max_num=50)


class ConsentForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=list(Consent.CHANNELS.items()))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=40, initial=gettext_lazy("News"))
    granted = forms.TypedChoiceField(
        label=gettext_lazy("The customer"),
        choices=[("1", gettext_lazy("agrees")), ("", gettext_lazy("no longer agrees"))],
        coerce=bool,
        empty_value=False,
        required=False,
        initial="1",
    )
    source = forms.CharField(
        label=gettext_lazy("How we know"), max_length=100, help_text=gettext_lazy("Such as: phone call, signed form.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "purpose", ConsentPurpose.offered(), empty=False)
