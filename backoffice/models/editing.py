"""Who has a record open for editing just now."""

from django.db import models

from backoffice.models.people import User


class Editing(models.Model):
    """A record that somebody has open; `backoffice.editing` writes it. The table is unlogged: a crash may empty it."""

    pk = models.CompositePrimaryKey("subject_type", "subject_id", "user")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.user}"
