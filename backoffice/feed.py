"""What a shop front reads: live content in the order in which it went live, and what was taken down, by cursor.

    ARTICLES = feed.Feed("customers.article", key="slug", item=\"""jsonb_build_object('title', l.content -> 'title', ...)\""")

    @router.get("/articles", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.documented(...))
    @api.public
    def articles(request, after: str = "", ...):
        return feed.answer(request, ARTICLES.page(after=after, updated_since=updated_since, limit=limit, ...))

A page is one statement, and PostgreSQL writes its JSON. Positions are in the order of the commits (`LiveVersion`), so who goes on
behind the last one misses nothing, however many publish meanwhile.
"""

# ruff: noqa: S608 - the SQL is made of our own parts; what is asked comes as parameters

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from ninja.throttling import BaseThrottle

# Positions and times rise together: the first one that changed since then, and nothing where none did.
SINCE = """coalesce((
    SELECT position - 1 FROM backoffice_liveversion WHERE subject_type = %(kind)s AND changed_at >= %(since)s
    ORDER BY changed_at, position LIMIT 1), n.newest)"""
LANGUAGES = {"en": "", "zh-hans": "zh"}


class Throttle(BaseThrottle):
    """So many requests of one address in each minute of the clock, counted by each process."""

    def allow_request(self, request: HttpRequest) -> bool:
        cache, key = caches["local"], f"feed:{self.get_ident(request)}:{int(time.time() // 60)}"
        return bool(cache.add(key, 1, timeout=60) or cache.incr(key) <= settings.FEED_RATE)

    def wait(self) -> float:
        return 60 - time.time() % 60


THROTTLE = [Throttle()]
PAGING = ("after", "limit", "language")


@dataclass(frozen=True)
class Cursor:
    """Behind `position`; what was taken down is told where it happened behind `told` (None: behind the newest of now)."""

    position: int = 0
    told: int | None = None

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises ValidationError for a text that is no cursor."""
        if not text:
            return cls()
        position, _dash, told = text.partition("-")
        if not (_is_number(position) and _is_number(told)):
            raise ValidationError(_("The cursor in “after” is not one of this list."))
        return cls(int(position), int(told))

    def __str__(self) -> str:
        return f"{self.position}-{self.told or 0}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@dataclass(frozen=True)
class Feed:
    """The live versions of one kind ("catalog.product").

    `key` is the field of the content that names a subject in addresses. `item` is SQL for a jsonb object with what is told
    of the live version `l`; `parameters` of a request may be named in it, `%(language)s` ("" or "zh") always. `known` is SQL
    for whether what they name is there; where it is not, `unknown` is what ValidationError says.
    """

    kind: str
    key: str
    item: str
    known: str = "true"
    unknown: Any = None

    @property
    def _told(self) -> str:
        """An object for a live version, a tombstone for another."""
        return f"""(jsonb_build_object('id', l.subject_id, '{self.key}', l.content -> '{self.key}',
            'status', CASE WHEN l.is_live THEN 'published' ELSE 'removed' END,
            'changed_at', l.changed_at) || CASE WHEN l.is_live THEN {self.item} ELSE '{{}}' END)::text"""

    def sql(self, start: str = "%(after)s") -> str:
        """The statement of a page behind `start`: the newest position, whether all is known, and position and JSON of each item."""
        return f"""
            SELECT n.newest, {self.known}, page.position, page.item
            FROM (SELECT coalesce(max(position), 0) AS newest FROM backoffice_liveversion WHERE subject_type = %(kind)s) n
            LEFT JOIN LATERAL (
                SELECT l.position, {self._told} AS item
                FROM backoffice_liveversion l
                WHERE l.subject_type = %(kind)s AND l.position > {start}
                    AND (l.is_live OR l.position > coalesce(%(told)s, n.newest))
                ORDER BY l.position LIMIT %(limit)s
            ) page ON true
            ORDER BY page.position
        """

    def page(
        self,
        *,
        after: str = "",
        updated_since: datetime | None = None,
        limit: int = 50,
        language: str = "en",
        **parameters: Any,
    ) -> str:
        """A JSON object of `items`, `next` (pass it as `after` for the following page; empty at the end) and `sync`.

        `sync` is where the reader stands: passed as `after` later, it gives what changed since, with what was taken down.
        Raises ValidationError for a cursor or a language that is none.
        """
        cursor = Cursor.read(after)
        if updated_since is not None and not after:
            cursor = Cursor(0, 0)
        values = {
            **parameters,
            "kind": self.kind,
            "language": language_of(language),
            "after": cursor.position,
            "told": cursor.told,
            "since": updated_since if not after else None,
            "limit": limit + 1,
        }
        rows = statement(self.sql("%(after)s" if values["since"] is None else SINCE), values)
        newest, is_known = rows[0][:2]
        if not is_known:
            raise ValidationError(self.unknown)
        told = newest if cursor.told is None else cursor.told
        items = [(position, item) for _newest, _known, position, item in rows if item is not None]
        shown = items[:limit]
        here = Cursor(shown[-1][0] if shown else max(cursor.position, 0 if after else newest), told)
        further = str(here) if len(items) > limit else ""
        return f'{{"items": [{", ".join(item for _position, item in shown)}], "next": "{further}", "sync": "{here}"}}'

    def one(self, name: str, *, language: str = "en", **parameters: Any) -> str:
        """The live version of this name as a JSON object. Raises Http404 where there is none, ValidationError as above."""
        values = {**parameters, "kind": self.kind, "language": language_of(language), "name": name.replace("\x00", "")}
        rows = statement(
            f"""
            SELECT {self.known}, (SELECT {self._told} FROM backoffice_liveversion l
            WHERE l.subject_type = '{self.kind}' AND l.is_live AND upper(l.content ->> '{self.key}') = upper(%(name)s))
            """,
            values,
        )
        [(is_known, item)] = rows
        if not is_known:
            raise ValidationError(self.unknown)
        if item is None:
            raise Http404
        return str(item)


def language_of(asked: str) -> str:
    """What the SQL calls a language. Raises ValidationError."""
    try:
        return LANGUAGES[asked.lower()]
    except KeyError as error:
        known = ", ".join(LANGUAGES)
        raise ValidationError({"language": _("There is %(known)s.") % {"known": known}}) from error


def statement(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def refuse_unknown(request: HttpRequest, *known: str) -> None:
    """Raise ValidationError for a parameter that does not exist, for a typing error must not show everything."""
    if unknown := sorted(set(request.GET) - set(known)):
        raise ValidationError({name: _("There is no such filter.") for name in unknown})


def answer(request: HttpRequest, body: str, *, public: bool = True) -> HttpResponse:
    """The JSON with its ETag, or 304 where the reader has it already. What is not `public` is kept by nobody in between."""
    content = body.encode()
    etag = quote_etag(sha256(content).hexdigest()[:32])
    known = etag in parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponse(status=304) if known else HttpResponse(content, content_type="application/json")
    response["ETag"] = etag
    patch_cache_control(response, **{"public" if public else "private": True}, no_cache=True)
    return response


def _documented(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a route for the OpenAPI; PostgreSQL writes it, so there is no class to tell."""
    content = {"application/json": {"schema": schema}}
    return {"responses": {200: {"description": "OK", "content": content}, 304: {"description": "Not changed"}}}


ONE = _documented({"type": "object"})
PAGE = _documented(
    {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next": {"type": "string", "description": "Pass it as `after` for the following page; empty at the end."},
            "sync": {"type": "string", "description": "Pass it as `after` later for what changed since."},
        },
    }
)


def in_language(field: str) -> str:
    """SQL for a field of the content in the reader's language, where there is one."""
    return f"CASE WHEN %(language)s = 'zh' AND l.content ->> '{field}_zh' <> '' THEN l.content -> '{field}_zh' ELSE l.content -> '{field}' END"
