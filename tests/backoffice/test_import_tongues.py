"""Headers of other languages and systems are known for what they are, and nothing that is read is dropped."""

from decimal import Decimal

import pytest

from backoffice import resources
from backoffice.imports.mapping import match_headers
from backoffice.imports.tongues import english
from catalog.models import Product, Variant
from tests.backoffice.test_import_tables import bring

pytestmark = pytest.mark.django_db

FILES = {
    "prices": [
        ("Artikelnummer;Bezeichnung;VK brutto;EK netto;UVP;Währung", "sku,,price,cost,compare_at,currency"),
        ("Référence;Désignation;Prix de vente TTC;Prix d'achat HT;Prix barré", "sku,,price,cost,compare_at"),
        ("商品コード;商品名;販売価格;定価;仕入価格", "sku,,price,compare_at,cost"),
        ("货号;商品名称;零售价;吊牌价;进货价", "sku,,price,compare_at,cost"),
    ],
    "stock": [
        ("Référence;Dépôt;Emplacement;Stock théorique;Quantité comptée;Écart;N° de lot;Date de péremption;Commentaire",
         "sku,location,bin,on_hand,counted,,lot,expires_on,reason"),
        ("Artikelnummer;Lagerort;Lagerplatz;Buchbestand;Gezählte Menge;Differenz;Charge;MHD",
         "sku,location,bin,on_hand,counted,,lot,expires_on"),
        ("仓库;货号;账面数量;实盘数量;盈亏数量;备注", "location,sku,on_hand,counted,,reason"),
        ("商品コード;倉庫;棚番;帳簿在庫数;実棚数;差異;ロット番号;備考", "sku,location,bin,on_hand,counted,,lot,reason"),
        ("Código;Almacén;Ubicación;Existencias;Recuento;Diferencia", "sku,location,bin,on_hand,counted,"),
        ("seller-sku;quantity;item-name", "sku,on_hand,"),
    ],
    "products": [
        ("Actif (0/1);Nom *;Catégories (x,y,z...);Prix HT;Prix de gros;Référence n°;Marque;EAN13;Poids;Quantité",
         "is_active,title,categories,price,cost,sku,brand,barcode,weight,"),
        ("Código;Nombre;Descripción;Categoría;Marca;Precio;Precio de coste;Peso (g)",
         "sku,title,description,category,brand,price,cost,weight_grams"),
        ("商品管理番号;商品番号;商品名;販売価格;カテゴリ;JANコード;在庫数", "handle,sku,title,price,category,barcode,"),
    ],
    "customers": [
        ("Kundennummer;Vorname;Nachname;E-Mail-Adresse;Straße;PLZ;Ort;Land", "external_id,first_name,last_name,email,address1,postal_code,city,country"),
        ("ID client;Prénom;Nom;Téléphone;Code postal;Ville", "external_id,first_name,last_name,phone,postal_code,city"),
        ("顧客ID;お名前(姓);お名前(名);メールアドレス;郵便番号;都道府県", "external_id,last_name,first_name,email,postal_code,region"),
    ],
    "orders": [
        ("Bestellnummer;Bestelldatum;Kunde;Artikelnummer;Menge;Einzelpreis;Zahlungsart", "source_number,placed_at,customer_name,sku,quantity,unit_price,payment_method"),
        ("N° de commande;Client;Référence;Quantité;Prix unitaire;Statut", "source_number,customer_name,sku,quantity,unit_price,status"),
        ("注文番号;注文日;商品番号;個数;単価", "source_number,placed_at,sku,quantity,unit_price"),
    ],
    "purchase_orders": [
        ("N° de commande;Fournisseur;Référence;Quantité;Prix unitaire;Date de livraison", "source_number,supplier,sku,quantity,unit_cost,expected_on"),
    ],
    "price_lists": [("Preisliste;Artikelnummer;Preis", "price_list,variant,price")],
}  # fmt: skip


@pytest.mark.parametrize("key", FILES)
def test_headers_are_known_in_the_languages_of_other_shops(key):
    for headers, targets in FILES[key]:
        mapping = match_headers(headers.split(";"), resources.get(key))
        assert [match.target for match in mapping.matches] == targets.split(","), headers


def test_what_stands_behind_a_header_and_accents_do_not_matter():
    assert english("reference") == english("référence") == ("sku", "order number")
    assert english("prix ht") == english("prix de vente ttc") == ("price",)
    assert english("gewicht kg") == ("weight kg",)
    assert english("attribut 2 wert e") == ("attribute 2 value s",)
    assert english("nothing of the kind") == ()


def test_woocommerce_in_the_language_of_the_shop(tmp_path):
    result = bring(
        tmp_path,
        "products",
        "ID;Typ;Artikelnummer;Name;Regulärer Preis;Angebotspreis;Gewicht (kg);Kategorien;Übergeordnet;Attribut 1 Name;Attribut 1 Wert(e)\n"
        "1;variable;CUP;Cup;;;;Home > Cups;;Farbe;blau, rot\n"
        "2;variation;CUP-B;Cup - blau;12,90;9,90;0.350;;CUP;Farbe;blau\n"
        "3;variation;CUP-R;Cup - rot;12,90;;1.2;;CUP;Farbe;rot\n",
    )
    assert (result["errors"], result["refused"]) == ([], 0)
    assert list(
        Variant.objects.order_by("sku").values_list("sku", "option1", "price", "compare_at", "weight_grams")
    ) == [
        ("CUP-B", "blau", Decimal("9.9"), Decimal("12.9"), 350),
        ("CUP-R", "rot", Decimal("12.9"), None, 1200),
    ]
    assert Product.objects.get().category.path == "Home > Cups"


def test_sales_and_lists_of_categories_of_other_systems_are_taken(tmp_path):
    result = bring(
        tmp_path,
        "products",
        "sku;name;categories;price;sale price\nBAG;Bag;Gear > Bags, Sale;34.00;29.00\nCAP;Cap;Gear;10.00;0.00\n",
    )
    assert result["refused"] == 0
    prices = Variant.objects.order_by("sku").values_list("sku", "price", "compare_at", "product__category__path")
    assert list(prices) == [("BAG", 29, 34, "Gear > Bags"), ("CAP", 10, None, "Gear")]


def test_magento_parts_categories_by_slashes_below_a_root(tmp_path):
    result = bring(
        tmp_path,
        "products",
        "sku;attribute_set_code;product_type;categories;name;product_online;price;special_price;url_key\n"
        "MB01;Bag;simple;Default Category/Gear/Bags,Default Category/Sale;Duffle Bag;2;34.00;29.00;duffle-bag\n",
    )
    assert result["refused"] == 0
    product = Product.objects.select_related("category").get()
    assert (product.category.path, product.product_type, product.status) == ("Gear > Bags", "", "draft")
    assert product.variants.get().price == 34
