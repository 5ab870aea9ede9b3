"""Tickets and the help centre of the demonstration shop."""

from pathlib import Path

from django.db import connection

from backoffice import demo
from backoffice.models import User
from customers.models import Article, Macro
from orders.demo import texts
from orders.demo.tables import temporary_table

TICKETS = Path(__file__).with_name("support.sql")


def load(tickets: int, owner: User) -> None:
    """Write `tickets` tickets about orders of the shop, and its articles."""
    agents = dict(User.objects.values_list("email", "pk"))
    statements = TICKETS.read_text().replace("%(tickets)s", str(tickets))
    for role, name in (("support_agent", "agent"), ("support_lead", "lead")):
        statements = statements.replace(f"%({name})s", str(agents[demo.address(role)]))
    with connection.cursor() as cursor:
        temporary_table(
            cursor,
            "demo_question",
            "language text, n int, subject text, question text, answer text",
            _numbered_questions(),
        )
        temporary_table(cursor, "demo_note", "n int, note text", enumerate(texts.NOTES))
        cursor.execute(statements)
    load_articles(owner)
    Macro.objects.bulk_create(Macro(**macro) for macro in texts.MACROS)


def _numbered_questions() -> list[tuple[str, int, str, str, str]]:
    numbered: list[tuple[str, int, str, str, str]] = []
    for language, subject, question, answer in texts.QUESTIONS:
        number = sum(1 for row in numbered if row[0] == language)
        numbered.append((language, number, subject, question, answer))
    return numbered


def load_articles(owner: User) -> None:
    Article.objects.bulk_create(
        Article(
            slug=slug,
            topic=topic,
            title=title,
            title_zh=title_zh,
            body=body,
            body_zh=body_zh,
            author=owner,
        )
        for slug, topic, title, title_zh, body, body_zh in texts.ARTICLES
    )
