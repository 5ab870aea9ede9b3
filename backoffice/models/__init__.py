"""The platform's own tables: people, rights, audit, numbering, and what the shell remembers."""

from backoffice.models.audit import PREFIX, AuditEvent, AuditEventQuerySet
from backoffice.models.bulk_edits import BulkEdit
from backoffice.models.exports import ExportFormat, ExportRun, ExportStatus, ExportTemplate
from backoffice.models.imports import (
    IMPORT_TRANSITIONS,
    ImportMapping,
    ImportRow,
    ImportRowQuerySet,
    ImportRun,
    ImportRunQuerySet,
    ImportStatus,
)
from backoffice.models.jobs import Heartbeat, Job, JobFailure, JobProgress, JobQuerySet
from backoffice.models.numbers import DocumentSequence
from backoffice.models.people import (
    OWNER,
    ApiToken,
    Invitation,
    RoleHolding,
    RolePolicy,
    Scope,
    User,
    UserManager,
    UserQuerySet,
)
from backoffice.models.shell import Notification, SavedView, SavedViewQuerySet

__all__ = [
    "IMPORT_TRANSITIONS",
    "OWNER",
    "PREFIX",
    "ApiToken",
    "AuditEvent",
    "AuditEventQuerySet",
    "BulkEdit",
    "DocumentSequence",
    "ExportFormat",
    "ExportRun",
    "ExportStatus",
    "ExportTemplate",
    "Heartbeat",
    "ImportMapping",
    "ImportRow",
    "ImportRowQuerySet",
    "ImportRun",
    "ImportRunQuerySet",
    "ImportStatus",
    "Invitation",
    "Job",
    "JobFailure",
    "JobProgress",
    "JobQuerySet",
    "Notification",
    "RoleHolding",
    "RolePolicy",
    "SavedView",
    "SavedViewQuerySet",
    "Scope",
    "User",
    "UserManager",
    "UserQuerySet",
]
