"""What a person who submits or decides can act on."""

from django.core.exceptions import ValidationError


class NotPublishable(ValidationError):
    """Names, subject by subject, what is missing."""


class NothingToReview(ValidationError):
    """What is live already says the same."""
