"""Customer files of several systems, through the command, into the tables; and out again."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from backoffice.imports import undoing
from backoffice.models import ImportRun
from customers.models import Address, Consent, ContactPoint, Customer
from customers.services import record_consent
from customers.services.upsert import PURPOSE, upsert_customers
from tests.backoffice.test_import_tables import bring as bring_any
from tests.backoffice.test_import_tables import counts
from tests.factories import make_customer, make_ticket, make_user

pytestmark = pytest.mark.django_db


def bring(tmp_path, text, *options):
    result = bring_any(tmp_path, "customers", text, *options)
    assert result["read"] == result["new"] + result["changed"] + result["unchanged"] + result["refused"]
    return result


def reasons(result, key="errors"):
    return [(found["row"], found["column"], found["message"]) for found in result[key]]


def contacts(customer):
    return list(
        customer.contacts.filter(ended_at=None).order_by("kind", "pk").values_list("normalized", "raw", "is_primary")
    )


def histories():
    return [model.history.rel.related_model.objects.count() for model in (Customer, ContactPoint, Address)]


SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,"
    "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n"
)
JANE = "'1001,Jane,Doe,Jane.Doe@Example.com,yes,Acme,1 Main St,Apt 2,Austin,TX,US,'78701,,+15125550142,no,10.00,2,Likes tea,no,\"VIP, tea\"\n"


def test_shopify_customers_come_with_contacts_address_and_consent(tmp_path):
    result = bring(tmp_path, SHOPIFY + JANE)
    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (1, 0, 0, 0))
    customer = Customer.objects.get()
    assert (customer.external_id, customer.name, customer.company, customer.kind, customer.note, customer.tags) == (
        "1001", "Jane Doe", "Acme", "person", "Likes tea", ["VIP", "tea"],
    )  # fmt: skip
    assert customer.number.startswith("CU-")
    assert contacts(customer) == [
        ("jane.doe@example.com", "Jane.Doe@Example.com", True),
        ("+15125550142", "+15125550142", True),
    ]
    address = customer.addresses.get()
    assert (str(address), address.line2, address.region, address.name, address.company, address.is_default) == (
        "1 Main St, 78701, Austin, US", "Apt 2", "TX", "Jane Doe", "Acme", True,
    )  # fmt: skip
    consent = customer.consents.get()
    assert (consent.channel, consent.purpose, consent.granted, consent.source) == (
        "email", PURPOSE, True, f"import {result['run']}",
    )  # fmt: skip
    assert [found["header"] for found in result["ignored"]] == ["Total Spent", "Total Orders"]


def test_the_same_file_again_writes_nothing(tmp_path):
    bring(tmp_path, SHOPIFY + JANE)
    before = histories()
    assert counts(bring(tmp_path, SHOPIFY + JANE)) == (0, 0, 1, 0)
    assert (histories(), Consent.objects.count()) == (before, 1)


OLD = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,"
    "Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt\n"
)


def test_older_shopify_files_name_the_country_and_are_known_by_email(tmp_path):
    row = "Jane,Doe,jane@example.com,no,,Obere Str. 57,,Berlin,Berlin,BE,Germany,DE,12209,030 901820,no,0,0,,,yes\n"
    bring(tmp_path, OLD + row)
    customer = Customer.objects.get()
    assert (customer.external_id, customer.tax_exempt, customer.consents.count()) == ("", True, 0)
    assert contacts(customer)[1][:2] == ("+4930901820", "030 901820")
    assert (customer.addresses.get().country, customer.addresses.get().region) == ("DE", "Berlin")
    assert counts(bring(tmp_path, OLD + row)) == (0, 0, 1, 0)


def test_further_rows_of_a_customer_add_addresses_and_contacts(tmp_path):
    text = (
        "email,name,address1,city,country,other_emails\n"
        "jane@example.com,Jane,1 Main St,Austin,USA,\n"
        "bob@example.com,Bob,2 High St,Leeds,UK,\n"
        "jane@example.com,,3 Side St,Austin,USA,\n"
        "jane@example.com,Janet,1 main  st,Austin,United States,jane2@example.com\n"
    )
    result = bring(tmp_path, text)
    assert (counts(result), result["errors"]) == ((4, 0, 0, 0), [])
    assert reasons(result, "warnings") == [(5, "name", "Row 2 gives this customer another name, which counts.")]
    jane = Customer.objects.get(name="Jane")
    assert list(jane.addresses.order_by("pk").values_list("line1", "is_default")) == [
        ("1 Main St", True),
        ("3 Side St", False),
    ]
    assert [found[::2] for found in contacts(jane)] == [("jane@example.com", True), ("jane2@example.com", False)]
    assert counts(bring(tmp_path, text)) == (0, 0, 4, 0)


def test_who_is_known_by_email_gets_the_number_elsewhere(tmp_path):
    customer = make_customer("Jane Doe", email="jane@example.com")
    result = bring(tmp_path, "Customer ID,Email,Phone,Country\n1001,JANE@example.com,030 901820,DE\n")
    assert counts(result) == (0, 1, 0, 0)
    customer.refresh_from_db()
    assert (Customer.objects.count(), customer.external_id, customer.name) == (1, "1001", "Jane Doe")
    assert ImportRun.objects.get().report["differences"] == [
        {"row": 2, "record": "1001", "column": "external_id", "old": "", "new": "1001"},
        {"row": 2, "record": "1001", "column": "phone", "old": "", "new": "030 901820"},
    ]


def test_a_new_address_becomes_the_preferred_one_and_the_old_one_stays(tmp_path):
    customer = make_customer("Jane Doe", email="jane@example.com", external_id="1001")
    result = bring(tmp_path, "Customer ID,Email\n1001,doe@example.com\n")
    assert (counts(result), [found[::2] for found in contacts(customer)]) == (
        (0, 1, 0, 0),
        [("jane@example.com", False), ("doe@example.com", True)],
    )
    assert counts(bring(tmp_path, "Customer ID,Email\n1001,doe@example.com\n")) == (0, 0, 1, 0)


def test_a_contact_of_somebody_else_is_refused_naming_whom(tmp_path):
    other = make_customer("Bob Bell", email="bob@example.com", external_id="7")
    result = bring(
        tmp_path,
        "Customer ID,Name,Email\n1001,Jane,bob@example.com\n1002,Ann,ann@example.com\n1003,Ann B,ann@example.com\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "email", f"bob@example.com belongs to Bob Bell ({other.number}) already."),
        (4, "email", "ann@example.com stands in row 3 already, with another customer."),
    ]
    assert counts(result) == (1, 0, 0, 2)


def test_names_are_masked_for_those_who_may_not_see_them():
    make_customer("Bob Bell", email="bob@example.com", external_id="7")
    rows = [(2, None, "1001", ["bob@example.com"], ["bob@example.com"], "x")]
    columns = ["external_id", "emails", "raw_emails", "spare_name"]
    outcome = upsert_customers(rows, columns=columns, by=make_user("catalog_editor"), dry_run=True)
    assert [found["message"] for found in outcome.problems if found["column"] == "email"] == [
        f"bob@example.com belongs to B… B… ({Customer.objects.get().number}) already."
    ]


def test_refusals_name_row_column_and_reason(tmp_path):
    result = bring(
        tmp_path,
        "number,name,email,country,city,phone\n"
        ",Jane,jane(at)example.com,DE,,\n"
        ",Bob,bob@example.com,Canaada,,\n"
        ",Nobody,,,,\n"
        ",Short,,US,,555-0142\n"
        "A-7,Other,other@example.com,,,\n",
    )
    assert reasons(result) == [
        (2, "email", "“jane(at)example.com” is not an e-mail address."),
        (3, "country", "“Canaada” is no country. Is Canada (CA) meant?"),
        (4, "", "The row names nobody: a number elsewhere, an e-mail address or a phone number is needed."),
        (5, "phone", "“555-0142” is not a phone number. Begin with + and the country code."),
        (6, "number", "There is no customer A-7. Leave the cell blank to create one; another system's number belongs into “external_id”."),
    ]  # fmt: skip
    assert (result["applied"], Customer.objects.count()) == (False, 0)


def test_a_phone_number_that_cannot_be_dialled_costs_nobody_the_customer(tmp_path):
    result = bring(tmp_path, "email,phone,country\nsarah@example.com,555-0142,US\n")
    assert reasons(result, "warnings") == [
        (2, "phone", "“555-0142” is not a phone number. Begin with + and the country code. It is not kept.")
    ]
    assert [found[0] for found in contacts(Customer.objects.get())] == ["sarah@example.com"]


def test_several_addresses_and_numbers_of_one_customer_are_all_kept(tmp_path):
    german = "Kunde Nr;Vorname;E-Mail 1;E-Mail 2;Telefon privat;Telefon geschäftlich;Mobil\n1;Bo;bo@example.com, bo.two@example.com;bo3@example.com;+49 30/123456;+49 30 654321;+49 171/2345678\n"
    chinese = "客户编号,客户名称,手机,省,市,区,详细地址\nK1,王芳,+86 138 0013 8001/+86 10 6234 5678,广东省,深圳市,南山区,科技路1号\n"
    results = [bring(tmp_path, text) for text in (german, chinese)]
    assert [result["errors"] for result in results] == [[], []]
    assert sorted(ContactPoint.objects.values_list("customer__external_id", "normalized")) == [
        ("1", "+491712345678"), ("1", "+4930123456"), ("1", "+4930654321"), ("1", "bo.two@example.com"), ("1", "bo3@example.com"),
        ("1", "bo@example.com"), ("K1", "+861062345678"), ("K1", "+8613800138001"),
    ]  # fmt: skip
    assert Address.objects.values_list("line1", "city", "region", "country").get() == (
        "南山区科技路1号",
        "深圳市",
        "广东省",
        "CN",
    )


def test_null_of_databases_is_blank_but_for_names(tmp_path):
    result = bring(
        tmp_path, "customerID,companyName,contactName,region,phone,email\nNULLC,Null & Sons,NULL,NULL,NULL,NULL\n"
    )
    assert reasons(result, "warnings") == [
        (2, "", "NULL is read as a blank cell, here and in all rows."),
    ]
    customer = Customer.objects.get()
    assert (customer.name, customer.company, customer.kind, customer.contacts.count()) == (
        "NULL",
        "Null & Sons",
        "company",
        0,
    )


def test_woocommerce_rows_bring_two_addresses(tmp_path):
    result = bring(
        tmp_path,
        "ID,user_email,first_name,last_name,billing_first_name,billing_last_name,billing_company,billing_address_1,billing_city,billing_postcode,"
        "billing_country,billing_phone,shipping_address_1,shipping_city,shipping_country\n"
        "7,jane@example.com,Jane,Doe,Jane,Doe,Acme,Obere Str. 57,Berlin,12209,DE,030 901820,1 Rue X,Paris,FR\n",
    )
    assert result["errors"] == []
    customer = Customer.objects.get()
    assert list(customer.addresses.order_by("kind").values_list("kind", "line1", "company", "is_default")) == [
        ("billing", "Obere Str. 57", "Acme", True),
        ("shipping", "1 Rue X", "", True),
    ]
    assert [found[0] for found in contacts(customer)] == ["jane@example.com", "+4930901820"]


def test_chinese_headers(tmp_path):
    bring(
        tmp_path,
        "客户编号,姓名,手机,邮箱,地址,城市,省份,邮编,标签,备注\nKH01,王小明,13800138000,wang@example.com,中山路1号,广州,广东,510000,VIP,喜欢茶\n",
    )
    customer = Customer.objects.get()
    assert (customer.external_id, customer.name, customer.note, customer.tags) == ("KH01", "王小明", "喜欢茶", ["VIP"])
    assert [found[0] for found in contacts(customer)] == ["wang@example.com", "+8613800138000"]
    assert customer.addresses.get().country == "CN"


def test_consent_is_withdrawn_and_given_again(tmp_path):
    text = "email,accepts_email_marketing\njane@example.com,{}\n"
    for answer, expected in (
        ("yes", [True]),
        ("no", [True, False]),
        ("no", [True, False]),
        ("", [True, False]),
        ("yes", [True, False, True]),
    ):
        bring(tmp_path, text.format(answer))
        assert list(Consent.objects.order_by("pk").values_list("granted", flat=True)) == expected


def test_dry_run_writes_nothing(tmp_path):
    result = bring(tmp_path, SHOPIFY + JANE, "--dry-run")
    assert (counts(result), Customer.objects.count(), Consent.objects.count()) == ((1, 0, 0, 0), 0, 0)


def test_an_export_comes_back_as_it_went(tmp_path):
    customer = make_customer(
        "Jane Doe", email="jane@example.com", phone="030 901820", tags=["VIP"], note="Line 1\n\nLine 2\n"
    )
    record_consent(customer, channel="email", purpose=PURPOSE, granted=True, source="test", by=None)
    bring(
        tmp_path,
        "email,address1,city,country,address_kind\njane@example.com,1 Rue X,Paris,FR,shipping\njane@example.com,1 Rue X,Paris,FR,billing\n"
        "bob@example.com,,,,\n",
    )
    path = tmp_path / "out.csv"
    call_command("export_csv", "customers", output=str(path), stderr=io.StringIO())
    before = histories()
    again = bring(tmp_path, path.read_bytes())
    assert (again["errors"], again["warnings"], counts(again)) == ([], [], (0, 0, 3, 0))
    assert histories() == before


def test_an_export_for_analysts_holds_no_personal_data(tmp_path):
    make_customer("Jane Doe", email="jane@example.com", phone="030 901820", company="Acme", note="Secret")
    bring(tmp_path, "email,address1,city,country,zip\njane@example.com,1 Rue X,Paris,FR,75001\n")
    path = tmp_path / "out.csv"
    call_command("export_csv", "customers", output=str(path), by=make_user("analyst").email, stderr=io.StringIO())
    text = path.read_text()
    assert "Paris" in text
    for secret in ("Jane", "jane", "901820", "Acme", "Secret", "Rue", "75001"):
        assert secret not in text, secret


def test_who_may_not_see_a_column_brings_none(tmp_path):
    user = make_user("support_agent")
    user.user_permissions.set(_permissions("import_data", "change_customer", "add_customer", "view_customer"))
    user.groups.clear()
    result = bring(tmp_path, "Customer ID,Name,Tags\n7,Jane,VIP\n", "--by", user.email)
    assert (result["ignored"], Customer.objects.get().name) == (
        [{"header": "Name", "reason": "you may not see these values"}],
        "7",
    )


def test_who_may_only_change_adds_nobody(tmp_path):
    user = make_user("")
    user.user_permissions.set(_permissions("import_data", "change_customer", "view_personal_data", "view_customer"))
    result = bring(tmp_path, "email\njane@example.com\n", "--by", user.email)
    assert reasons(result) == [(2, "", "You may change customers but not add any.")]


def _permissions(*names):
    return Permission.objects.filter(codename__in=names)


def test_many_customers_cost_as_many_statements_as_few(django_assert_max_num_queries):
    columns = ["external_id", "name", "spare_name", "emails", "raw_emails"]
    rows = [(n, None, f"X{n}", f"N {n}", "", [f"a{n}@example.com"], [f"a{n}@example.com"]) for n in range(2, 1002)]
    with django_assert_max_num_queries(70):
        outcome = upsert_customers(rows, columns=columns, by=None)
    assert (outcome.new, Customer.objects.count(), ContactPoint.objects.count()) == (1000, 1000, 1000)


def test_numbers_of_another_houtai_are_kept_and_never_given_twice(tmp_path):
    result = bring(tmp_path, "number,email\nCU-900000,jane@example.com\n")
    assert reasons(result, "warnings") == [
        (2, "number", "There is no customer CU-900000; the new one gets this number.")
    ]
    bring(tmp_path, "email\nbob@example.com\n")
    assert list(Customer.objects.order_by("pk").values_list("number", flat=True)) == ["CU-900000", "CU-900001"]


# --- Undo ---------------------------------------------------------------------------------------


def undo(result):
    return undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)


def redo(result):
    return undoing.redo(ImportRun.objects.get(number=result["run"]), by=None)


def test_undo_takes_new_customers_with_their_consents_away_and_redo_brings_them_back(tmp_path):
    result = bring(tmp_path, SHOPIFY + JANE)
    undone = undo(result)
    assert (undone.deleted, undone.kept) == (5, [])
    assert [model.objects.count() for model in (Customer, ContactPoint, Address, Consent)] == [0, 0, 0, 0]
    redo(result)
    customer = Customer.objects.get()
    assert (customer.name, len(contacts(customer)), customer.consents.get().granted) == ("Jane Doe", 2, True)
    assert counts(bring(tmp_path, SHOPIFY + JANE)) == (0, 0, 1, 0)


def test_undo_gives_the_preferred_contact_and_address_back(tmp_path):
    customer = make_customer("Jane Doe", email="jane@example.com", external_id="7")
    bring(tmp_path, "Customer ID,Address1,City,Country,Default address\n7,1 Rue X,Paris,FR,yes\n")
    before = (contacts(customer), list(customer.addresses.values_list("line1", "is_default")))
    result = bring(
        tmp_path, "Customer ID,Email,Address1,City,Country,Default address\n7,doe@example.com,2 Rue Y,Paris,FR,yes\n"
    )
    assert contacts(customer)[0][2] is False
    assert list(customer.addresses.order_by("pk").values_list("line1", "is_default")) == [
        ("1 Rue X", False),
        ("2 Rue Y", True),
    ]
    for _time in range(2):
        assert undo(result).kept == []
        assert (contacts(customer), list(customer.addresses.values_list("line1", "is_default"))) == before
        assert redo(result).kept == []
        assert contacts(customer)[1] == ("doe@example.com", "doe@example.com", True)


def test_undo_corrects_consents_of_customers_who_stay_by_counter_entries(tmp_path):
    customer = make_customer("Jane Doe", email="jane@example.com")
    result = bring(tmp_path, "email,accepts_email_marketing\njane@example.com,yes\n")

    def answers():
        return list(customer.consents.order_by("pk").values_list("granted", flat=True))

    undo(result)
    assert answers() == [True, False]
    redo(result)
    assert answers() == [True, False, True]
    undo(result)
    assert answers() == [True, False, True, False]
    redo(result)
    record_consent(customer, channel="email", purpose=PURPOSE, granted=True, source="by phone", by=None)
    undo(result)
    assert answers() == [True, False, True, False, True, True]


def test_customers_in_use_stay_with_their_consents(tmp_path):
    result = bring(tmp_path, SHOPIFY + JANE)
    make_ticket(customer=Customer.objects.get())
    undone = undo(result)
    assert [(row["kind"], row["reason"]) for row in undone.kept] == [("customer", "in use by other records")]
    assert [found.granted for found in Consent.objects.order_by("pk")] == [True, False]
