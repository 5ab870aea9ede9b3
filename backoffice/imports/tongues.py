"""Headers of other languages, said in English: files of shops, tills and warehouses all over the world name the same things.

A header that a resource does not know by itself is looked up here, and the English words are tried in the order they stand in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# English headers, by preference, and what they are called elsewhere (simplified as headers are; accents do not matter).
MEANINGS = {
    # --- Articles
    "sku / order number": "reference | ref | référence n | numéro d article | código de referencia | riferimento",
    "sku": (
        "artikelnummer | artikel nr | artikelnr | art nr | artikel nummer | artikelcode | produktnummer | referentie"
        " | référence produit | référence article | réf article | référence interne | code article | code produit"
        " | código | código de producto | código de artículo | referencia | referencia interna | clave | código do produto | referência"
        " | codice | codice articolo | codice prodotto | product code sku | product sku | seller sku | item sku | item number"
        " | 商品コード | 商品番号 | 品番 | 型番 | 独自コード | システム連携用sku番号 | 商品管理コード"
        " | 商品货号 | 商家编码 | 规格编码 | 物料号 | 料号 | 存货编码 | 商品代码 | sku码 | 款号"
    ),
    "internal reference": "interne referenz | référence interne odoo | referencia interna odoo | 内部参照 | 内部参考号",
    "handle": "url réécrite | url simplifiée | 商品管理番号 | 商品管理番号 商品url | handle id | reference handle",
    "product name / last name / name / title": "nom",
    "product name / first name / name / title": "nombre",
    "product name / name / title": (
        "bezeichnung | artikelbezeichnung | artikelname | produktname | produktbezeichnung | naam | productnaam"
        " | nom du produit | désignation | libellé | intitulé | désignation produit"
        " | nombre del producto | artículo | título | denominación | nome | nome do produto | nome prodotto"
        " | item name | 商品名 | 商品名称 | 商品标题 | 品名 | 存货名称 | 物料名称 | 製品名"
    ),
    "description": (
        "beschreibung | artikelbeschreibung | langtext | langbeschreibung | omschrijving | descripción | descrição | descrizione"
        " | description longue | item description | 商品説明 | 商品説明文 | 説明 | 商品详情 | 商品描述 | 描述 | pc用商品説明文 | 商品説明 詳細"
    ),
    "short description": (
        "kurzbeschreibung | kurztext | résumé | description courte | récapitulatif | descripción corta | descrição curta | descrizione breve"
        " | キャッチコピー | 商品説明 一覧 | 商品简介"
    ),
    "categories / category": (
        "kategorien | warengruppen | catégories | categorías | categorie | categorias | カテゴリー | 商品カテゴリ"
    ),
    "category": (
        "kategorie | warengruppe | catégorie | famille | rayon | catégorie de produit | categoría | familia | categoria | カテゴリ"
        " | 商品分类 | 所属分类 | 产品分类 | 类别 | 商品类目"
    ),
    "product category": "produktkategorie | catégorie d article | categoría de producto | プロダクトカテゴリ | 产品类别",
    "brand / vendor": "marke | hersteller | marque | fabricant | marca | fabricante | merk | ブランド | ブランド名 | メーカー | 商品品牌 | 品牌名称",
    "supplier": "lieferant | fournisseur | proveedor | fornecedor | fornitore | leverancier | 仕入先 | 供应商名称",
    "tags": "schlagwörter | schlagworte | stichwörter | étiquettes | mots clés | etiquetas | etichette | palabras clave | タグ | 检索キーワード | 标签 | 关键词",
    "type": "typ | type de produit | tipo | 商品类型 | 種類",
    "status": "zustand | statut | état | estado | situação | stato | ステータス | 公開ステータス 名称 | 公開ステータス | 商品状态 | 上架状态 | 销售状态",
    "active": "aktiv | actif | activo | activé | ativo | attivo | 有効 | 是否有效",
    "published": "veröffentlicht | publié | publicado | pubblicato | 公開 | 販売ステータス | product online | product visible",
    "barcode": (
        "ean code | ean 13 | ean13 | gtin | gtin upc ean oder isbn | gtin upc ean ou isbn | gtin upc ean o isbn | strichcode | code barres"
        " | code à barres | código de barras | codice a barre | product upc ean | janコード | jan | バーコード | 商品条码 | 条形码 | 国际条码"
    ),
    "supplier sku": "lieferantenartikelnummer | référence fournisseur | referencia del proveedor | 仕入先商品コード",
    "weight kg": "gewicht kg | poids kg | peso kg | 重量 kg | 重さ kg | 毛重 kg",
    "weight g": "gewicht g | poids g | peso g | 重量 g | 重さ g",
    "weight": "gewicht | poids | peso | 重量 | 重さ",
    "tax class": "steuerklasse | classe de tva | clase de impuesto",
    "tax status": "steuerstatus | état de la tva | estado del impuesto",
    "unit": "einheit | mengeneinheit | me | unité | unidad | unità | 単位 | 计量单位",
    "image url": (
        "bild | bild url | image principale | url de l image | imagen | url de imagen | immagine | imagem | 商品画像 | 商品画像1 | 画像url | 商品图片 | 主图"
    ),
    "images / image url": "bilder | url des images | urls des images | imágenes | immagini | imagens",
    "seo title": "meta titel | méta titre | título meta | metatitel",
    "seo description": "meta beschreibung | méta description | descripción meta",
    # --- Prices
    "price": (
        "preis | vk | vk preis | verkaufspreis | listenpreis | endpreis | prijs | verkoopprijs | prix | prix de vente | prix de base | prix unitaire de vente | tarif"
        " | precio | precio de venta | pvp | preço | preço de venda | prezzo | prezzo di vendita"
        " | 販売価格 | 売価 | 価格 | 通常購入販売価格 | 商品价格 | 零售价 | 销售价 | 单价"
    ),
    "regular price": "regulärer preis | normalpreis | tarif régulier | prix régulier | precio normal | precio regular | preço normal | prezzo di listino | 通常価格",
    "sale price": (
        "angebotspreis | aktionspreis | sonderpreis | tarif promo | prix promotionnel | prix soldé | precio rebajado | precio de oferta | preço promocional"
        " | prezzo in offerta | special price | online sale price | セール価格 | 特価 | 活动价"
    ),
    "compare at price": (
        "uvp | uvp preis | streichpreis | vergleichspreis | prix barré | prix public | prix conseillé | pvc | precio anterior | precio comparativo | retail price"
        " | 定価 | 表示価格 | 希望小売価格 | 参考価格 | 吊牌价 | 划线价格 | 原售价"
    ),
    "cost": (
        "ek | ek preis | einkaufspreis | selbstkosten | gestehungskosten | inkoopprijs | prix d achat | prix de gros | coût | prix de revient | costo | coste | precio de coste"
        " | precio de compra | custo | preço de custo | costo unitario | 仕入価格 | 仕入単価 | 原価 | 进货价 | 采购价 | 成本单价 | 进价"
    ),
    "unit cost": "stückkosten | coût unitaire | coste unitario | 単価原価 | 单位成本",
    "currency": "währung | devise | monnaie | moneda | divisa | moeda | valuta | 通貨 | 币别",
    "price list": "preisliste | liste de prix | grille tarifaire | lista de precios | tabela de preços | listino | 価格表",
    # --- Stock
    "counted": (
        "gezählt | gezählte menge | zählmenge | inventurmenge | istbestand | ist menge | neuer bestand | quantité comptée | quantité inventoriée | comptage | stock réel | stock physique"
        " | stock compté | recuento | cantidad contada | conteo | existencias reales | contagem | quantidade contada | quantità contata | counted quantity | new stock"
        " | 実棚数 | 実棚 | 棚卸数 | 棚卸数量 | 実在庫数 | 実数 | 实盘数 | 实盘数量 | 实际数量 | 盘点数"
    ),
    "on hand": (
        "bestand | lagerbestand | buchbestand | sollbestand | soll menge | verfügbarer bestand | voorraad | quantité en stock | stock théorique | stock actuel | stock disponible"
        " | existencias | existencias actuales | cantidad en stock | estoque | giacenza | current stock level | current stock | on hand quantity"
        " | 在庫数 | 在庫数量 | 現在庫 | 帳簿在庫数 | 帳簿在庫 | 理論在庫 | 账面数量 | 账面库存 | 系统库存 | 现有数量 | 库存量 | 商品库存"
    ),
    "quantity / on hand": "quantity purchased | menge | anzahl | stück | aantal | quantité | qté | cantidad | cant | quantidade | quantità | 数量 | 個数",
    "location": "lager | lagerort | filiale | standort | magazijn | dépôt | entrepôt | magasin | almacén | bodega | depósito | armazém | magazzino | 倉庫 | 倉庫名 | 店舗 | 拠点 | 仓库代码 | 仓库名",
    "bin": "lagerplatz | lagerfach | fach | regal | regalplatz | stellplatz | emplacement | casier | allée | ubicación | estantería | localização | ubicazione | 棚番 | 棚番号 | 棚 | ロケーション | 货位号 | 储位 | bin picking number",
    "lot": "charge | chargennummer | charge nr | los | losnummer | lot n | n de lot | numéro de lot | lote | número de lote | lotto | ロット | ロット番号 | シリアル番号 | 生产批号",
    "expiry date": (
        "mhd | verfallsdatum | haltbar bis | ablaufdatum | ddm | dlc | dluo | date de péremption | date d expiration | fecha de caducidad | caducidad | fecha de vencimiento"
        " | validade | data di scadenza | scadenza | 賞味期限 | 消費期限 | 使用期限 | 有效期 | 保质期至"
    ),
    "difference": "differenz | abweichung | écart | différence | diferencia | diferença | differenza | 差異 | 差数 | 盈亏 | 盈亏数量 | 差异数量",
    "reason": "grund | bemerkung | anmerkung | kommentar | motif | commentaire | remarque | motivo | comentario | observaciones | observação | motivazione | nota | 備考 | 理由",
    "unit price": "単価 | stückpreis | einzelpreis | prix unitaire | precio unitario | preço unitário | prezzo unitario",
    "stock": "lager | vorrat | inventaire | inventario | 在庫",
    "in stock": "vorrätig | auf lager | en stock | agotado | disponible",
    "low stock amount": "geringe lagermenge | mindestbestand | meldebestand | montant de stock faible | stock mínimo | cantidad de bajo inventario | low stock level",
    "backorders allowed": "lieferrückstände erlaubt | rückstände erlaubt | autoriser les commandes de produits en rupture | permitir reservas de productos agotados",
    "track inventory": "lagerbestand verwalten | gérer le stock | manage stock",
    # --- Orders and people
    "order number / purchase order": "bestellnummer | auftragsnummer | bestellung | numéro de commande | n de commande | commande | número de pedido | pedido | nº de pedido | numero ordine | 注文番号 | 受注番号 | 订单编号 | 订单号",
    "order date": "bestelldatum | auftragsdatum | purchase date | date de commande | date de la commande | fecha de pedido | fecha del pedido | data do pedido | data ordine | 注文日 | 注文日時 | 受注日 | 下单时间",
    "email": "buyer email | e mail adresse | mail adresse | adresse e mail | adresse mail | courriel | correo | correo electrónico | e mail cliente | メールアドレス | メール",
    "phone": "buyer phone number | telefon | telefonnummer | téléphone | teléfono | telefone | telefono | 電話番号 | tel番号",
    "first name": "vorname | prénom | nombre de pila | primeiro nome | 名前 | お名前 名 | 名",
    "last name": "nachname | nom de famille | apellido | apellidos | sobrenome | cognome | お名前 姓 | 姓",
    "customer name": "buyer name | kunde | kundenname | nom du client | client | cliente | nombre del cliente | お名前 | 氏名 | 注文者名",
    "customer number": "kundennummer | kunden nr | id client | numéro client | code client | código de cliente | id cliente | 顧客id | 顧客番号 | 会員id | 会员id | 客户编号",
    "address1 / address": "straße | strasse | anschrift | adresse | rue | dirección | calle | endereço | indirizzo | 住所1 | 住所 | 地址",
    "postal code": "plz | postleitzahl | code postal | cp | código postal | cep | 郵便番号 | 邮编 | 邮政编码",
    "city": "ort | stadt | ville | ciudad | localidad | cidade | città | 市区町村 | 城市",
    "region": "bundesland | région | provincia | 都道府県 | 省份",
    "country": "land | pays | país | paese | 国 | 国家",
    "note": "notiz | notizen | notes client",
    "expected date / expected": "liefertermin | lieferdatum | date de livraison | date de livraison prévue | fecha de entrega | data de entrega | 納期 | 预计到货日期 | 交货日期",
    "minimum quantity": "mindestmenge | mindestbestellmenge | quantité minimale | cantidad mínima | 最低発注数",
    "lead time": "lieferzeit | lieferzeit tage | délai | délai jours | délai de livraison | plazo de entrega | リードタイム",
    "code / supplier": "lieferantennummer | code fournisseur | código de proveedor | 仕入先コード",
    "parent category / parent": "übergeordnete kategorie | catégorie parente | categoría padre | 親カテゴリ",
    "company": "firma | société | entreprise | raison sociale | empresa | azienda | 会社名",
    "total": "gesamt | gesamtbetrag | summe | total ttc | importe total | totale | 合計 | 合計金額",
    "payment method": "zahlungsart | zahlungsmethode | mode de paiement | moyen de paiement | forma de pago | método de pago | metodo di pagamento | 支払方法",
    # --- Files of WooCommerce in the language of the shop
    "id": "kennung | identifiant",
    "parent": "übergeordnet | übergeordnetes produkt | parent product | produit parent | superior | principal | 親",
    "is featured": "ist hervorgehoben | hervorgehoben | mis en avant | está destacado",
    "grouped products": "gruppierte produkte | produits groupés | productos agrupados",
    "upsells": "zusatzverkäufe | produits suggérés | ventas dirigidas",
    "cross sells": "cross selling | ventes croisées | ventas cruzadas",
    "external url": "externe url | url externe | url externa",
    "button text": "button beschriftung | texte du bouton | libellé du bouton | texto del botón",
}  # fmt: skip
# Numbered headers: pattern of what they are called elsewhere -> English.
NUMBERED = [
    (re.compile(r"(?:attribut|atributo|attributo) (\d+) (?:name|name des|nom|nombre)"), r"attribute \1 name"),
    (re.compile(r"(?:nom|nombre) (?:de l attribut|del atributo) (\d+)"), r"attribute \1 name"),
    (re.compile(r"(?:attribut|atributo) (\d+) (?:wert e|werte|valeur s|valor es)"), r"attribute \1 value s"),
    (re.compile(r"(?:valeur s|valor es) (?:de l attribut|del atributo) (\d+)"), r"attribute \1 value s"),
    (re.compile(r"(?:attribut|atributo) (\d+) (?:sichtbar|visible)"), r"attribute \1 visible"),
    (re.compile(r"(?:visibilité|visibilidad) (?:de l attribut|del atributo) (\d+)"), r"attribute \1 visible"),
    (re.compile(r"(?:attribut|atributo) (\d+) global"), r"attribute \1 global"),
    (re.compile(r"(?:attribut|atributo) (\d+) (?:standard|par défaut|por defecto)"), r"attribute \1 default"),
    (re.compile(r"variation name"), "option1 value"),
    (re.compile(r"option name (\d)"), r"option\1 name"),
    (re.compile(r"option value (\d)"), r"option\1 value"),
]
# What stands behind a header and does not change what it is: whether tax is in a price, that it is needed, how a list is written.
BEHIND = re.compile(
    r"(?:\s+(?:x y z|0 1|ht|ttc|h t|t t c|brutto|netto|inkl mwst|exkl mwst|mit mwst|ohne mwst|con iva|sin iva|iva incluido|税込|税抜|税別|含税|不含税|obligatoire|pflichtfeld|必須|必填))+$"
)


def english(simple: str) -> tuple[str, ...]:
    """What a simplified header is called in English, the most likely first; () where it is not known here."""
    table = _table()
    for text in dict.fromkeys((simple, BEHIND.sub("", simple))):
        if found := table.get(_folded(text)):
            return found
    for pattern, said in NUMBERED:
        if pattern.fullmatch(simple):
            return (pattern.sub(said, simple),)
    bare = BEHIND.sub("", simple)
    return (bare,) if bare != simple else ()


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for meaning, names in MEANINGS.items():
        said = tuple(meaning.split(" / "))
        for name in filter(None, map(str.strip, names.split("|"))):
            table[_folded(name)] = tuple(dict.fromkeys((*table.get(_folded(name), ()), *said)))
    return table


def _folded(text: str) -> str:
    """Without accents, and in one width."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
