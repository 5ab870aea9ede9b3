"""Pages of customers and articles; what those who may not see personal data get to see."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from backoffice import search
from backoffice.models import AuditEvent
from customers import masking, services
from customers.models import Article, Consent, ConsentPurpose, ContactPoint, Customer, CustomerGroup, Ticket
from customers.services import AddressData, ContactData
from tests.factories import make_article, make_customer, make_ticket, make_user, publish

pytestmark = pytest.mark.django_db
SECRETS = (
    "Jane",
    "Doe",
    "jane@example.com",
    "030 901820",
    "+4930901820",
    "Secret Street",
    "10115",
    "Doe GmbH",
    "Likes tea",
)


@pytest.fixture
def jane():
    return services.create_customer(
        by=None,
        name="Jane Doe",
        company="Doe GmbH",
        note="Likes tea",
        contacts=[ContactData("email", "jane@example.com"), ContactData("phone", "030 901820")],
        addresses=[
            AddressData({"line1": "Secret Street 1", "postal_code": "10115", "city": "Berlin", "country": "DE"})
        ],
    )


def rows(prefix, *lines):
    """The fields of a formset as a browser sends them."""
    data = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": sum("key" in line for line in lines)}
    for index, line in enumerate(lines):
        data |= {f"{prefix}-{index}-{name}": value for name, value in line.items()}
    return data


ADDRESS = {"kind": "shipping", "line1": "Weg 1", "postal_code": "1", "city": "Bonn", "country": "de"}


def test_the_masks():
    assert masking.name("Jane Doe") == "J… D…"
    assert masking.name("王小明") == "王…"
    assert masking.email("jane@example.com") == "j***@e***.com"
    assert masking.email("nonsense") == "•••"
    assert masking.phone("+49 30 901820") == "+49•••20"
    assert masking.phone("123") == "•••"


@pytest.mark.parametrize(
    "address",
    [
        "/customers/",
        "/customers/?columns=name&columns=company&columns=email&columns=phone",
        "/customers/{customer}/",
        "/tickets/",
        "/tickets/?columns=subject&columns=requester_name&columns=requester_email&columns=customer.name",
        "/tickets/{ticket}/",
        "/history/customers.customer/{pk}/",
        "/history/customers.contactpoint/{contact}/",
        "/lookup/customers.customer/?q=CU",
        "/search/?q={customer}",
        "/search/?q=Jane",
        "/customers/?export=csv",
        "/customers/?export=jsonl&columns=name&columns=company&columns=email&columns=phone",
        "/tickets/?export=csv&columns=subject&columns=requester_email&columns=customer.name",
    ],
)
def test_an_analyst_sees_masks_only(client, sign_in, jane, address):
    services.add_note(jane, note="Jane likes tea", by=make_user())
    ticket = make_ticket(customer=jane)
    sign_in("analyst")
    contact = jane.contacts.first().pk

    response = client.get(address.format(customer=jane.number, ticket=ticket.number, pk=jane.pk, contact=contact))
    content = b"".join(response).decode()

    assert response.status_code in (200, 302)
    for secret in SECRETS:
        if secret == "Jane" and "q=Jane" in address:
            continue
        assert secret not in content


def test_an_agent_sees_it_all(client, agent, jane):
    page = client.get(f"/customers/{jane.number}/").content.decode()

    for fact in ("Jane Doe", "jane@example.com", "030 901820", "Secret Street 1", "Doe GmbH"):
        assert fact in page


def test_who_may_not_see_names_does_not_find_by_them(sign_in, client, jane):
    analyst = sign_in("analyst")

    assert search.search(analyst, "Jane") == []
    for text, found in (("Jane", 0), ("jane@example.com", 0), (jane.number, 1)):
        assert len(client.get(f"/customers/?q={text}").context["rows"]) == found


def test_what_a_subject_tells_of_contacts_is_masked_everywhere(client, sign_in, jane):
    """What customers write may stand in it: their addresses are hidden in lists, search, exports, the API, and the record."""
    told = "Call +49 30 1234567 or jane@example.com"
    ticket = make_ticket(subject=told, customer=jane, requester_email="jane@example.com")
    make_ticket(subject=told, customer=jane)
    services.rename(ticket, subject=f"{told}!", by=make_user("support_agent"))
    pages = [
        "/tickets/",
        ticket.get_absolute_url(),
        "/search/?q=Call",
        "/",
        "/api/v1/tickets",
        f"/api/v1/tickets/{ticket.number}",
    ]
    export = "/tickets/?export=csv&columns=number&columns=subject"

    def read(address):
        response = client.get(address, follow=True)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return content.decode()

    sign_in("owner")
    assert all("+49 30 1234567" in read(page) for page in [*pages[:3], export])
    sign_in("analyst")
    seen = {page: read(page) for page in [*pages, export]}
    assert [page for page, text in seen.items() if "1234567" in text or "jane@example.com" in text] == []
    assert all("j***@e***.com" in seen[page] for page in [*pages[:3], *pages[4:], export])
    assert ticket.number not in read("/search/?q=jane@example.com")


def test_a_masked_row_is_never_saved(jane):
    analyst = make_user("analyst")
    [masked] = Customer.objects.visible_to(analyst)

    with pytest.raises(PermissionDenied):
        masked.save()
    assert Customer.objects.get().name == "Jane Doe"


def test_rows_joined_in_are_masked_too(jane):
    make_ticket(customer=jane)
    ticket = Ticket.objects.visible_to(make_user("analyst")).select_related("customer").get()

    assert (ticket.requester_name, ticket.customer.name) == ("J… D…", "J… D…")


@pytest.mark.parametrize("text", ["jane", "DOE", "jane@exam", "030 901820", "+49 30 9018", "901820", "gmbh"])
def test_found_by_name_company_mail_and_phone(client, agent, jane, text):
    make_customer("Somebody Else")

    assert [row.object for row in client.get("/customers/", {"q": text}).context["rows"]] == [jane]
    assert search.search(agent, text)[0][1][0].title == "Jane Doe"


def test_found_by_a_chinese_name_of_two_characters(client, agent):
    wanted = make_customer("张三 (上海)")
    make_customer("三张")

    assert [row.object for row in client.get("/customers/", {"q": "张三"}).context["rows"]] == [wanted]


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    for index in range(number):
        make_customer(f"Customer {index}", email=f"c{index}@example.com", owner=make_user("support_agent"))
    client.get("/customers/")

    with django_assert_num_queries(8):
        client.get("/customers/")


def test_create_with_contacts_and_addresses(client, agent):
    response = client.post(
        "/customers/new/",
        {
            "kind": "person",
            "name": "Jane",
            "language": "en",
            "tags": "vip，wholesale",
            **rows(
                "contacts",
                {"kind": "email", "value": "J@Example.com"},
                {"kind": "phone", "value": "030 901820"},
                {"kind": "email"},
            ),
            **rows("addresses", ADDRESS, {"kind": "shipping"}),
        },
    )

    jane = Customer.objects.get()
    assert response["Location"] == jane.get_absolute_url()
    assert jane.tags == ["vip", "wholesale"]
    assert sorted(jane.contacts.values_list("normalized", flat=True)) == ["+4930901820", "j@example.com"]
    assert jane.addresses.get().country == "DE"


def test_a_form_with_errors_names_every_place_and_keeps_the_text(client, agent, jane):
    response = client.post(
        "/customers/new/",
        {
            "kind": "person",
            "name": "",
            "language": "en",
            **rows("contacts", {"kind": "email", "value": "not an address"}),
            **rows("addresses", {**ADDRESS, "country": "Germany"}),
        },
    )
    page = response.content.decode()

    assert response.status_code == 422
    assert "“not an address” is not an e-mail address." in page
    assert "Row 1, Country" in page
    assert Customer.objects.count() == 1


def test_a_contact_of_another_customer_is_refused_in_words(client, agent, jane):
    response = client.post(
        "/customers/new/",
        {
            "kind": "person",
            "name": "John",
            "language": "en",
            **rows("contacts", {"kind": "email", "value": "JANE@example.com"}),
            **rows("addresses"),
        },
    )

    assert f"JANE@example.com belongs to Jane Doe ({jane.number}) already." in response.content.decode()


def test_edit_changes_and_takes_away(client, agent, jane):
    address = f"/customers/{jane.number}/edit/"
    form = client.get(address)
    email, phone = jane.contacts.order_by("kind")
    response = client.post(
        address,
        {
            "version": form.context["version"],
            "kind": "person",
            "name": "Jane D.",
            "language": "en",
            **rows(
                "contacts",
                {"key": email.pk, "kind": "email", "value": "jane@example.com", "is_primary": "on"},
                {"key": phone.pk, "kind": "phone", "value": "030 901820", "DELETE": "on"},
            ),
            **rows("addresses"),
        },
    )

    jane.refresh_from_db()
    assert (response.status_code, jane.name) == (302, "Jane D.")
    assert ContactPoint.objects.get(customer=jane, ended_at=None) == email
    assert not jane.addresses.exists()


def test_who_may_not_see_names_cannot_edit(client, sign_in, jane):
    sign_in("analyst")
    assert client.get(f"/customers/{jane.number}/edit/").status_code == 403


def test_notes_consents_archive_and_back(client, agent, jane):
    base = f"/customers/{jane.number}"
    client.post(f"{base}/note/", {"note": "Calls on Mondays"})
    client.post(f"{base}/consent/", {"channel": "email", "purpose": "News", "granted": "", "source": "letter"})
    client.post(f"{base}/archive/", {"reason": "Moved away"})

    jane.refresh_from_db()
    assert jane.status == "archived"
    assert Consent.objects.get().granted is False
    page = client.get(f"{base}/").content.decode()
    assert "Calls on Mondays" in page
    assert "Moved away" in page
    client.post(f"{base}/restore/")
    assert list(AuditEvent.objects.values_list("verb", flat=True))[:1] == ["customer.restored"]


def test_bulk_tags(client, agent):
    chosen = [make_customer().pk, make_customer().pk]
    client.post("/customers/", {"action": "tag", "selected": chosen, "confirmed": "1", "tags": "vip"})

    assert Customer.objects.filter(tags__contains=["vip"]).count() == 2


# --- Articles -----------------------------------------------------------------------------------


def test_an_editor_writes_and_a_publisher_publishes(client, sign_in):
    sign_in("catalog_editor")
    client.post("/articles/new/", {"title": "How to return", "body": "Like this."})
    article = Article.objects.get()
    assert article.slug == "how-to-return"
    assert client.post("/articles/how-to-return/approve/").status_code == 403
    client.post("/articles/how-to-return/submit/", {"note": "Please look."})

    sign_in("support_lead")
    client.post("/articles/how-to-return/approve/")
    article.refresh_from_db()
    assert (article.status, article.published_at is not None) == ("published", True)
    client.post("/articles/how-to-return/unpublish/")
    client.post("/articles/how-to-return/archive/")
    client.post("/articles/how-to-return/reopen/")
    article.refresh_from_db()
    assert article.status == "draft"


def test_the_public_reads_what_was_approved(client, sign_in):
    article = make_article("returns")
    sign_in("catalog_editor")
    form = client.get("/articles/returns/edit/")

    client.post("/articles/returns/edit/", {"version": form.context["version"], "title": "Evil", "body": "x"})

    article.refresh_from_db()
    assert article.title == "Evil"
    assert "Unpublished changes" in client.get("/articles/returns/").content.decode()
    page = client.get("/help/returns/").content.decode()
    assert "Returns" in page
    assert "Evil" not in page
    assert client.get("/help/?q=evil").context["hits"] == []


def test_an_address_once_public_leads_on(client, lead):
    article = make_article("returns")
    form = client.get("/articles/returns/edit/")
    assert "The address was public already" in form.content.decode()

    client.post(
        "/articles/returns/edit/", {"version": form.context["version"], "title": "New", "body": "x", "slug": "other"}
    )

    assert Article.objects.values_list("slug", "title").get() == ("other", "New")
    assert "The address was public already" in client.get("/articles/other/edit/").content.decode()
    with pytest.raises(ValidationError, match="Another article was public under this address"):
        services.save_article(by=lead, title="Other", body="x", slug="returns")
    publish(article)
    assert client.get("/help/returns/")["Location"] == "/help/other/"


def test_a_chinese_title_alone_needs_an_address(client, lead):
    response = client.post("/articles/new/", {"title": "退货", "body": "三十天内。"})

    assert "Give the address in Latin letters" in response.content.decode()


def test_home_cards_lead_to_what_they_count(client, agent):
    make_ticket()
    make_ticket(assignee=agent)
    page = client.get("/")

    cards = {str(card.label): card for card in page.context["cards"]}
    assert cards["Unassigned tickets"].value == "1"
    assert cards["My unsolved tickets"].value == "1"
    assert cards["Tickets opened today"].value == "2"
    for label, number in (("Unassigned tickets", 1), ("My unsolved tickets", 1), ("Tickets opened today", 2)):
        assert len(client.get(cards[label].url).context["rows"]) == number


def test_customers_of_a_group_are_found_by_its_code(client):
    make_customer("Ada", price_group="WHOLESALE"), make_customer("Bob")
    client.force_login(make_user("owner"))

    rows = client.get("/customers/?price_group=WHOLESALE").context["rows"]

    assert [row.object.name for row in rows] == ["Ada"]
    assert client.get("/customers/?price_group=wholesale").context["rows"] == []


def test_groups_and_purposes_that_are_set_up_are_offered(client, agent, jane):
    edit = f"/customers/{jane.number}/edit/"
    assert client.get(edit).context["form"].fields["price_group"].__class__.__name__ == "CharField"
    CustomerGroup.objects.create(code="VIP", name="Best customers", name_zh="贵宾")
    CustomerGroup.objects.create(code="OLD", name="Formerly", is_active=False)
    ConsentPurpose.objects.create(code="News", name="Newsletter")
    Customer.objects.filter(pk=jane.pk).update(price_group="FILE")

    choices = client.get(edit).context["form"].fields["price_group"].choices
    client.post(
        f"/customers/{jane.number}/consent/", {"channel": "email", "purpose": "News", "granted": "1", "source": "x"}
    )
    client.post(
        f"/customers/{jane.number}/consent/", {"channel": "email", "purpose": "News", "granted": "", "source": "y"}
    )
    page = client.get(jane.get_absolute_url()).context

    assert choices == [("", "–"), ("VIP", "Best customers"), ("FILE", "FILE")]
    assert [(one.called, one.granted) for one in page["consents"]] == [("Newsletter", False)]
    assert [(one.called, one.granted) for one in page["earlier_consents"]] == [("Newsletter", True)]
