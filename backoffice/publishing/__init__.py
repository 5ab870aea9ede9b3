"""Content that is reviewed before the public sees it. A module registers a model; everything else is the same for all.

The rows of the model are the working copy, which forms, imports and API write. What the public sees is a LiveVersion: the
frozen content of a revision that somebody who is none of its authors approved. An approval is bound to the digest of the
content: an edit by any road voids it (`backoffice/sql/publishing.sql`).
"""

from backoffice.publishing.announcing import announce
from backoffice.publishing.diff import Change, changes
from backoffice.publishing.due import Due, publish_due
from backoffice.publishing.errors import NothingToReview, NotPublishable
from backoffice.publishing.proofs import live_versions, publishing_states, unpublished_changes
from backoffice.publishing.registry import Publishable, kinds, names_of, of, register
from backoffice.publishing.reviews import approve, comment, may_decide, reject, submit, withdraw
from backoffice.publishing.states import archive, capture, has_changes, reopen, restore, unpublish
from backoffice.publishing.touched import bring_up, bring_up_soon

__all__ = [
    "Change",
    "Due",
    "NotPublishable",
    "NothingToReview",
    "Publishable",
    "announce",
    "approve",
    "archive",
    "bring_up",
    "bring_up_soon",
    "capture",
    "changes",
    "comment",
    "has_changes",
    "kinds",
    "live_versions",
    "may_decide",
    "names_of",
    "of",
    "publish_due",
    "publishing_states",
    "register",
    "reject",
    "reopen",
    "restore",
    "submit",
    "unpublish",
    "unpublished_changes",
    "withdraw",
]
