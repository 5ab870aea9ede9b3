"""How allauth lets people in: by invitation only, active users only, with the second factor their role demands."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest

from backoffice.models import RolePolicy


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up; an owner invites."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The company's sign-in lets in whoever has an account here already, found by the e-mail it vouches for."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are encrypted at rest, and the last one stays while a role demands it."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return True
        others = Authenticator.objects.filter(user=authenticator.user_id).exclude(pk=authenticator.pk)
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        return not RolePolicy.objects.filter(group__user=authenticator.user_id, second_factor_required=True).exists()

    def _get_site_name(self) -> str:
        return settings.COMPANY_NAME


def _fernet() -> MultiFernet:
    """Keys made of SECRET_KEY and its predecessors, so that the key can be changed without losing second factors."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"mfa:{text}".encode()).digest())) for text in secrets
    )
