"""What a shop front reads of the help centre."""

from backoffice.feed import Feed, in_language

ARTICLES = Feed(
    "customers.article",
    key="slug",
    item=f"""jsonb_build_object('topic', l.content -> 'topic', 'title', {in_language("title")}, 'body', {in_language("body")},
        'published_at', l.published_at)""",
)
