"""What the pages of a run share."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from backoffice import generic, resources
from backoffice.models import ImportRun

IMPORT = "backoffice.import_data"


def allowed_resources(user: Any) -> list[resources.BaseResource]:
    return [resource for resource in resources.every() if user.has_perm(resource.permission)]


class RunPage(generic.OnePage):
    """Base of what concerns one run of a resource that the person may bring in."""

    model = ImportRun
    permission = "backoffice.view_importrun"
    slug_field = "number"

    def get_queryset(self) -> Any:
        return super().get_queryset().of_files()

    @cached_property
    def run(self) -> ImportRun:
        return self.get_object()

    @cached_property
    def resource(self) -> resources.BaseResource:
        return resources.of(self.run)

    @property
    def may_bring(self) -> bool:
        """Whether the person may bring in such records."""
        return generic.may(self.request.user, (IMPORT, self.resource.permission))

    @property
    def may_work(self) -> bool:
        return self.run.user_id == self.user.pk and self.may_bring
