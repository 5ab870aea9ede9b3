"""API tokens: shown once, kept as SHA-256, acting with the rights of their user."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backoffice import audit
from backoffice.models import ApiToken, User

PREFIX = "houtai_"
USE_NOTED_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create(*, by: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make an API token of `by`; returns it with its secret, which is kept nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(user=by, name=name, digest=digest(secret), expires_at=expires_at)
    token.full_clean()
    token.save()
    audit.record("user.token_created", by, by=by, data={"token": token.pk, "name": name})
    return token, secret


@transaction.atomic
def revoke(token: ApiToken, *, by: User) -> ApiToken:
    """End a token at once."""
    audit.record("user.token_revoked", token.user, by=by, data={"token": token.pk, "name": token.name})
    token.delete()
    return token


def authenticate(secret: str) -> User | None:
    """The active user whose live token this is; notes the use at most once a minute."""
    now = timezone.now()
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    token = ApiToken.objects.filter(live, digest=digest(secret), user__is_active=True).select_related("user").first()
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user
