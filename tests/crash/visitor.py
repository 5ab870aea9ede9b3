"""A person at a browser without JavaScript: signs in by the form, sends forms, and reads what the page says."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

HOST = "127.0.0.1"
SAID = re.compile(r'<p class="message (\w+)"')
YES, NO, NOTHING = "yes", "no", "nothing"


@dataclass(frozen=True)
class Answer:
    """What a page said of a deed: that it is done, that it is refused, or nothing that one could rely on."""

    said: str
    address: str = ""


class Visitor:
    """One person with a session of her own. Every request is a connection of its own, as after a break."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def sign_in(self, email: str, password: str) -> None:
        self.ask("GET", "/accounts/login/")
        status, _address, _page = self.ask("POST", "/accounts/login/", {"login": email, "password": password})
        assert status == 302, f"not signed in: {status}"

    def send(self, address: str, fields: Mapping[str, object]) -> Answer:
        """Send a form and follow to the page that says what became of it."""
        try:
            status, target, page = self.ask("POST", address, fields)
            if status == 302:
                status, _address, page = self.ask("GET", target)
                if status != 200:
                    return Answer(NOTHING)
                return Answer(NO if "error" in SAID.findall(page) else YES, target)
            return Answer(NO if status in (403, 404, 422) else NOTHING)
        except (OSError, http.client.HTTPException):
            return Answer(NOTHING)

    def ask(self, method: str, address: str, fields: Mapping[str, object] | None = None) -> tuple[int, str, str]:
        """Status, where it leads, and the page."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            body = None
            if fields is not None:
                body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")})
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for line in answer.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return answer.status, answer.headers.get("Location") or "", page
        finally:
            connection.close()

    def wait(self, seconds: float = 120) -> None:
        """Wait until the server can serve again, and read what it still has to say of earlier deeds."""
        self._wait_for(("/readyz", "/"), seconds)

    def wait_until_up(self, seconds: float = 120) -> None:
        """Wait until the server answers at all."""
        self._wait_for(("/healthz",), seconds)

    def _wait_for(self, addresses: Sequence[str], seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                if all(self.ask("GET", address)[0] == 200 for address in addresses):
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < end, "the server does not come back"
            time.sleep(0.1)
