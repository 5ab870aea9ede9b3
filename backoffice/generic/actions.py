"""Verbs on one record: `act` for function views, ActionView for classes. POST carries out, GET asks first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from backoffice import context
from backoffice.generic.base import Page, error_texts, safe_next, visible
from backoffice.generic.lookups import _Lookup


@dataclass(frozen=True)
class Action:
    """A button of a record page.

    method: "post" sends the verb at once; "get" leads to a page or form.
    confirm: a question; the button then leads to the confirm page of its ActionView instead of acting at once.
    key: single key that does the same; the keyboard help of the page names it.
    """

    label: Any
    url: str
    method: str = "post"
    primary: bool = False
    confirm: Any = ""
    icon: str = ""
    danger: bool = False
    key: str = ""

    @property
    def is_post(self) -> bool:
        return self.method == "post" and not self.confirm


def act(
    request: HttpRequest,
    service: Callable[..., Any],
    obj: Any,
    *,
    done: Any = "",
    back: str = "",
    **kwargs: Any,
) -> HttpResponseRedirect:
    """Call `service(obj, by=request.user, **kwargs)`; say `done`, or what stood against it; return to the record.

    `done` may hold one %s for the object. `back` or the `next` parameter leads elsewhere.
    """
    try:
        result = service(obj, by=request.user, **kwargs)
    except ValidationError as error:
        for text in error_texts(error):
            messages.error(request, text)
    else:
        if done:
            messages.success(request, say(done, result if isinstance(result, type(obj)) else obj))
    return HttpResponseRedirect(safe_next(request, back or obj.get_absolute_url()))


def say(sentence: Any, obj: Any) -> str:
    """Put `obj` into the %s of `sentence`, where it has one."""
    text = str(sentence)
    return text % obj if "%s" in text else text


class OnePage(Page):
    """A page about one row that the user may see, found by `slug_field` (or "pk") in the address."""

    model: ClassVar[type[models.Model]]
    slug_field: ClassVar[str] = "pk"

    def get_queryset(self) -> models.QuerySet:
        return visible(self.model, self.request.user)

    def get_object(self) -> Any:
        value = next((self.kwargs[name] for name in (self.slug_field, "slug", "pk") if name in self.kwargs), None)
        field = "pk" if self.slug_field not in self.kwargs and "pk" in self.kwargs else self.slug_field
        return get_object_or_404(self.get_queryset(), **{field: value})


class ActionView(OnePage):
    """One verb: POST calls `service(obj, by=user, **form fields)`, GET shows what will happen and asks.

    class CancelOrder(generic.ActionView):
        model = Order; slug_field = "number"; permission = "orders.cancel_order"
        service = services.cancel; title = _("Cancel order"); done = _("Order %s canceled.")
        form_class = ReasonForm; confirm = _("Reserved stock is released.")
    """

    service: ClassVar[Callable[..., Any]]
    title: ClassVar[Any] = ""
    done: ClassVar[Any] = ""
    confirm: ClassVar[Any] = ""
    danger: ClassVar[bool] = False
    form_class: ClassVar[type[forms.Form] | None] = None
    template_name: ClassVar[str] = "generic/confirm.html"

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> forms.Form | None:
        if self.form_class is None:
            return None
        return tell_user(self.form_class(data, files, **self.get_form_kwargs(obj)), self.request.user)

    def get_form_kwargs(self, obj: Any) -> dict[str, Any]:
        return {}

    def get_success_url(self, obj: Any) -> str:
        return str(obj.get_absolute_url())

    def perform(self, obj: Any, fields: dict[str, Any]) -> Any:
        """Carry the verb out; override where the service wants other arguments."""
        return self.service(obj, by=self.request.user, **fields)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        obj = self.get_object()
        return self.ask(obj, self.get_form(obj))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        obj = self.get_object()
        form = self.get_form(obj, request.POST, request.FILES)
        if form is not None and not form.is_valid():
            return self.ask(obj, form)
        fields = form.cleaned_data if form is not None else {}
        try:
            context.say_why(str(fields.get("reason") or ""))
            result = self.perform(obj, fields)
        except ValidationError as error:
            return self.refused(obj, form, error)
        if self.done:
            messages.success(request, say(self.done, result if isinstance(result, self.model) else obj))
        return HttpResponseRedirect(safe_next(request, self.get_success_url(obj)))

    def refused(self, obj: Any, form: forms.Form | None, error: ValidationError) -> HttpResponseBase:
        """Keep what was typed and show the refusal; without a form the record page shows it."""
        if form is None:
            for text in error_texts(error):
                messages.error(self.request, text)
            return HttpResponseRedirect(safe_next(self.request, obj.get_absolute_url()))
        add_error(form, error)
        return self.ask(obj, form)

    def ask(self, obj: Any, form: forms.Form | None) -> HttpResponseBase:
        shown = {
            "page": self,
            "object": obj,
            "title": say(self.title, obj),
            "confirm": say(self.confirm, obj),
            "form": form,
            "summary": summary(form) if form is not None else [],
            "danger": self.danger,
            "back_url": safe_next(self.request, obj.get_absolute_url()),
            "next": self.request.GET.get("next") or self.request.POST.get("next") or "",
        }
        status = 422 if form is not None and form.is_bound else 200
        return TemplateResponse(self.request, self.template_name, shown, status=status)


def tell_user(form: Any, user: Any) -> Any:
    """Tell the form's lookups who is asking, so that they offer what this user may see."""
    for field in form.fields.values():
        if isinstance(field, _Lookup):
            field.user = user
    return form


def add_error(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal at the fields it names; what the form does not have goes on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def summary(form: Any) -> list[tuple[str, str, list[str]]]:
    """For the error summary: id of the control ("" for the whole form), label, sentences."""
    if not form.is_bound or not form.errors:
        return []
    result = []
    for name, errors in form.errors.items():
        bound = form[name] if name in form.fields else None
        result.append(
            (bound.id_for_label or bound.auto_id if bound else "", str(bound.label) if bound else "", list(errors))
        )
    return result
