"""Answers of the API that were given once and are given again to the same request."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiAnswer(models.Model):
    """What was answered to a request with an `Idempotency-Key`; `backoffice.once` is its only writer, a job forgets it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    key = models.CharField(_("key"), max_length=200)
    digest = models.CharField(max_length=64, editable=False)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.JSONField(_("answer"))
    location = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("answer of the API")
        verbose_name_plural = _("answers of the API")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_answer_once")]

    def __str__(self) -> str:
        return self.key
