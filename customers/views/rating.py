"""The public page where somebody says how satisfied they are. GET shows it and never writes: mail programs follow links."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.generic.actions import add_error
from backoffice.generic.forms import summary
from customers import forms, services
from customers.models import Survey
from customers.services import surveys
from customers.views.support import client_address

PER_ADDRESS = 40


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def satisfaction(request: HttpRequest, signed: str) -> HttpResponse:
    """The question, with what was answered before; POST keeps the answer. A link that is forged or over is told so."""
    try:
        survey = surveys.opened(signed)
    except surveys.LinkInvalid as error:
        shown = {"title": _("How did we do?"), "refusal": error.messages[0]}
        return TemplateResponse(request, "support/satisfaction.html", shown, status=410)
    if request.method != "POST":
        first = {"score": survey.score or request.GET.get("score", ""), "comment": survey.comment}
        return _page(request, survey, forms.SurveyForm(initial=first))
    form = forms.SurveyForm(request.POST)
    if not form.is_valid():
        return _page(request, survey, form, status=422)
    try:
        services.count_visitor("rating", client_address(request), PER_ADDRESS)
        surveys.answer(survey, **form.cleaned_data)
    except ValidationError as error:
        add_error(form, error)
        return _page(request, survey, form, status=422)
    messages.success(request, _("Thank you. We have kept your answer."))
    return redirect("support:satisfaction", signed)


def _page(request: HttpRequest, survey: Survey, form: forms.SurveyForm, status: int = 200) -> HttpResponse:
    shown = {
        "survey": survey,
        "form": form,
        "summary": summary(form),
        "title": _("How did we do?"),
    }
    return TemplateResponse(request, "support/satisfaction.html", shown, status=status)
