"""The platform's own tables: people, rights, audit, numbering, and what the shell remembers."""

from backoffice.models.answers import ApiAnswer
from backoffice.models.approvals import (
    APPROVAL_TRANSITIONS,
    Approval,
    ApprovalQuerySet,
    ApprovalStatus,
    ApprovalThreshold,
)
from backoffice.models.audit import PREFIX, AuditEvent, AuditEventQuerySet
from backoffice.models.bulk_edits import BulkEdit
from backoffice.models.editing import Editing
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
from backoffice.models.publishing import (
    CONTENT_TRANSITIONS,
    ContentStatus,
    LiveVersion,
    Review,
    ReviewComment,
    ReviewState,
    Revision,
    Touched,
)
from backoffice.models.shell import Notification, SavedView, SavedViewQuerySet
from backoffice.models.webhooks import FeedReader, Webhook, WebhookDelivery, new_secret

__all__ = [
    "APPROVAL_TRANSITIONS",
    "CONTENT_TRANSITIONS",
    "IMPORT_TRANSITIONS",
    "OWNER",
    "PREFIX",
    "ApiAnswer",
    "ApiToken",
    "Approval",
    "ApprovalQuerySet",
    "ApprovalStatus",
    "ApprovalThreshold",
    "AuditEvent",
    "AuditEventQuerySet",
    "BulkEdit",
    "ContentStatus",
    "DocumentSequence",
    "Editing",
    "ExportFormat",
    "ExportRun",
    "ExportStatus",
    "ExportTemplate",
    "FeedReader",
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
    "LiveVersion",
    "Notification",
    "Review",
    "ReviewComment",
    "ReviewState",
    "Revision",
    "RoleHolding",
    "RolePolicy",
    "SavedView",
    "SavedViewQuerySet",
    "Scope",
    "Touched",
    "User",
    "UserManager",
    "UserQuerySet",
    "Webhook",
    "WebhookDelivery",
    "new_secret",
]
