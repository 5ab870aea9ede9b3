"""One POST to an address that people typed: never to a machine of our own, never longer than a few seconds."""

import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SECONDS = 10
PORTS = {"https": 443, "http": 80}


class Refused(Exception):
    """Nothing was delivered; the text says why."""


def check_address(url: str) -> SplitResult:
    """The parts of `url`. Raises ValidationError unless it is an address that webhooks may have."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValidationError(_("This is not an address.")) from error
    schemes = ("https", "http") if settings.WEBHOOK_PRIVATE_ADDRESSES else ("https",)
    if parts.scheme not in schemes:
        raise ValidationError(_("The address must begin with https://."))
    if not parts.hostname or parts.username or parts.password or port == 0:
        raise ValidationError(_("The address needs the name of a host, and no password."))
    if not settings.WEBHOOK_PRIVATE_ADDRESSES and _is_literal_private(parts.hostname):
        raise ValidationError(_("This address is inside the own network."))
    return parts


def _is_literal_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status that the other side answers with; redirects are not followed. Raises Refused."""
    try:
        parts = check_address(url)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    connection = _connection(parts.scheme, host, port)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Refused(_("It could not be reached: %(reason)s") % {"reason": error or type(error).__name__}) from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int) -> http.client.HTTPConnection:
    """To an address of `host` that was looked at: what a name leads to may change between looking and connecting."""
    address = _resolved(host, port)

    def connect(_target: Any, timeout: Any = SECONDS, source_address: Any = None) -> socket.socket:
        return socket.create_connection(address, timeout, source_address)

    connection = (
        http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
        if scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=SECONDS)
    )
    connection._create_connection = connect  # type: ignore[attr-defined]
    return connection


def _resolved(host: str, port: int) -> tuple[str, int]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(_("The host %(host)s is not known.") % {"host": host}) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_PRIVATE_ADDRESSES:
        addresses = [one for one in addresses if ipaddress.ip_address(one.partition("%")[0]).is_global]
        if not addresses:
            raise Refused(_("The host %(host)s is inside the own network.") % {"host": host})
    return addresses[0], port
