"""What the shell remembers for a person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.models.people import User


class SavedViewQuerySet(models.QuerySet):
    def of(self, user: User, page: str) -> "SavedViewQuerySet":
        return self.filter(Q(user=user) | Q(shared=True), page=page)


class SavedView(models.Model):
    """A list as somebody likes it: the query string with filters, columns and order."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(_("address"), blank=True)
    shared = models.BooleanField(_("shared with everybody"), default=False)
    is_default = models.BooleanField(_("opens with the list"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"],
                name="saved_view_name_once",
                violation_error_message=_("You have a view of this name already."),
            ),
            models.UniqueConstraint(
                fields=["user", "page"], condition=Q(is_default=True), name="saved_view_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """A line in somebody's bell menu."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-id"], condition=Q(read_at=None), name="notification_unread")]

    def __str__(self) -> str:
        return self.text
