"""What product files hold: columns of Houtai, of both generations of Shopify, of WooCommerce, Spree and Medusa."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.mapping import Mapping
from backoffice.resources import BooleanColumn, ChoiceColumn, Column, TextColumn
from catalog import attribute_columns, layouts
from catalog.models import Brand, Category, Media, Product, Variant
from catalog.resources.product_columns import (
    BarcodeColumn,
    CostColumn,
    GramsColumn,
    JsonColumn,
    ManyColumn,
    PathColumn,
    PriceColumn,
    SkuColumn,
    TrackColumn,
    TrackerColumn,
    WeightColumn,
)
from catalog.resources.product_exports import LOOKUPS, columns_for
from catalog.resources.words import BACKORDER, PUBLISHED, STATUS, TAXABLE, TRACKING, WEIGHT_UNITS
from catalog.services.upsert import upsert_products

NOT_KEPT = gettext_lazy("not kept")
STOCK = gettext_lazy("stock comes in by stock files, not by product files")
ELSEWHERE = gettext_lazy("another system's own number")


@resources.register
class ProductResource(resources.BaseResource):
    """Products with their variants and pictures; one row a variant, the first of a handle carries the product."""

    key = "products"
    label = gettext_lazy("Products")
    permission = "catalog.change_product"
    service = staticmethod(upsert_products)
    needs = (("handle", "sku", "title", "woo_id"),)
    called = ("goods", "商品")
    models = (Media, Variant, Product, Brand, Category)
    headless = {
        "AdventureWorks": ("ProductID", "Name", "ProductNumber", "MakeFlag", "FinishedGoodsFlag", "Attribute: Color", "SafetyStockLevel",
                           "ReorderPoint", "StandardCost", "ListPrice", "Attribute: Size", "SizeUnitMeasureCode", "WeightUnitMeasureCode",
                           "Weight", "DaysToManufacture", "ProductLine", "Class", "Style", "ProductSubcategoryID", "ProductModelID",
                           "SellStartDate", "SellEndDate", "DiscontinuedDate", "rowguid", "ModifiedDate"),
    }  # fmt: skip

    handle = TextColumn(
        gettext_lazy("Handle"),
        aliases=["URL handle", "slug", "Product handle", "URL key"],
        max_length=200,
        blank="keep",
        help=gettext_lazy("Names the product; rows with the same handle belong to one product."),
        example="tea-pot",
    )
    title = TextColumn(
        gettext_lazy("Title"),
        aliases=[
            "Name",
            "Product title",
            "Product name",
            "Bezeichnung",
            "Artikelbezeichnung",
            "Produktname",
            "商品名称",
            "商品标题",
            "标题",
            "名称",
        ],
        max_length=255,
        blank="keep",
        required=True,
        help=gettext_lazy("Needed to create a product."),
        example="Tea pot",
    )
    title_zh = TextColumn(gettext_lazy("Chinese title"), aliases=["中文标题", "中文名称"], max_length=255)
    description = Column(
        gettext_lazy("Description"),
        aliases=["Body (HTML)", "Body", "Product description", "detail", "商品描述", "描述", "详情"],
    )
    description_zh = Column(gettext_lazy("Chinese description"), aliases=["中文描述"])
    category = PathColumn(
        gettext_lazy("Category"),
        aliases=[
            "Product category",
            "Categories",
            "category1",
            "categ_id",
            "Kategorie",
            "Warengruppe",
            "类目",
            "分类",
            "商品分类",
        ],
        example="Kitchen > Tea",
        help=gettext_lazy("Path in the tree; what is missing of it is created."),
    )
    category_number = TextColumn(
        gettext_lazy("Number of the category"),
        aliases=["category_id", "categoryID", "ProductSubcategoryID", "分类ID", "类目ID", "分类编号", "类目编号"],
        max_length=60,
        blank="keep",
        help=gettext_lazy("As a file of categories brought it; a path in the same row counts more."),
        system=gettext_lazy("other systems"),
    )
    brand = TextColumn(
        gettext_lazy("Brand"), aliases=["Vendor", "brand_name", "Brands", "Manufacturer", "品牌"], max_length=120
    )
    product_type = TextColumn(gettext_lazy("Type"), aliases=["Product type", "商品类型"], max_length=120)
    tags = resources.ListColumn(
        gettext_lazy("Tags"), aliases=["Product tags", "标签"], max_length=120, example="tea, gift"
    )
    tag = ManyColumn(gettext_lazy("Single tag"), patterns=[r"product tag \d+", r"tag \d+"], max_length=120)
    status = ChoiceColumn(
        gettext_lazy("Status"),
        aliases=["Product status", "状态"],
        words=STATUS,
        blank="keep",
        example="published",
        help=gettext_lazy(
            "published asks for a review; draft or archived takes down. What has no priced variant stays a draft."
        ),
    )
    published = ChoiceColumn(
        gettext_lazy("Published"),
        aliases=["Published on online store", "is_on_sale", "是否上架"],
        words=PUBLISHED,
        blank="keep",
    )
    option1_name = TextColumn(
        gettext_lazy("Option 1 name"),
        aliases=["Option1 name", "Variant option 1 name"],
        max_length=120,
        blank="keep",
        example="Colour",
    )
    option2_name = TextColumn(
        gettext_lazy("Option 2 name"), aliases=["Option2 name", "Variant option 2 name"], max_length=120, blank="keep"
    )
    option3_name = TextColumn(
        gettext_lazy("Option 3 name"), aliases=["Option3 name", "Variant option 3 name"], max_length=120, blank="keep"
    )
    attributes = JsonColumn(
        gettext_lazy("Attributes"), blank="keep", help=gettext_lazy("A JSON object; names that it has not stay.")
    )
    seo_title = TextColumn(
        gettext_lazy("SEO title"), aliases=["meta_title", "Metafields Global Title Tag", "Meta title"], max_length=255
    )
    seo_description = TextColumn(
        gettext_lazy("SEO description"),
        aliases=["meta_description", "Metafields Global Description Tag", "Meta description"],
    )
    sku = SkuColumn(
        gettext_lazy("SKU"),
        aliases=[
            "Variant SKU",
            "Variant code",
            "Item number",
            "Internal reference",
            "default_code",
            "Artikelnummer",
            "Artikel-Nr.",
            "goods_sn",
            "ProductNumber",
            "商品编码",
            "货号",
            "规格编码",
        ],
        max_length=100,
        blank="keep",
        help=gettext_lazy("Names the variant. Without one it is made of handle and options."),
        example="POT-RED",
    )
    barcode = BarcodeColumn(
        gettext_lazy("Barcode"),
        max_length=40,
        example="4006381333931",
        aliases=["Variant barcode", "GTIN, UPC, EAN, or ISBN", "GTIN", "EAN", "EAN-Code", "UPC", "条码", "条形码"],
    )
    option1 = TextColumn(
        gettext_lazy("Option 1"),
        aliases=["Option1 value", "Variant option 1 value", "规格1"],
        max_length=160,
        example="Red",
    )
    option2 = TextColumn(
        gettext_lazy("Option 2"), aliases=["Option2 value", "Variant option 2 value", "规格2"], max_length=160
    )
    option3 = TextColumn(
        gettext_lazy("Option 3"), aliases=["Option3 value", "Variant option 3 value", "规格3"], max_length=160
    )
    price = PriceColumn(
        gettext_lazy("Price"),
        aliases=[
            "Variant price",
            "售价",
            "价格",
            "销售价",
            "Unit price",
            "retail_price",
            "list_price",
            "Sales price",
            "Preis",
            "Verkaufspreis",
        ],
        blank="keep",
        example="12.90",
        patterns=[rf"variant price {settings.DEFAULT_CURRENCY.lower()}"],
    )
    compare_at = PriceColumn(
        gettext_lazy("Compare-at price"),
        aliases=["Variant compare at price", "compare_at_price", "counter_price", "原价", "市场价", "划线价"],
    )
    cost = CostColumn(
        gettext_lazy("Cost"),
        help=gettext_lazy("Rounded to the smallest coin."),
        aliases=[
            "Cost per item",
            "Standard cost",
            "Cost of goods",
            "cost_price",
            "standard_price",
            "Einkaufspreis",
            "成本",
            "成本价",
        ],
        permission="catalog.view_cost",
    )
    currency = TextColumn(
        gettext_lazy("Currency"),
        aliases=["货币"],
        blank="keep",
        help=gettext_lazy("Amounts of another currency than the shop's are refused."),
    )
    weight_grams = GramsColumn(
        gettext_lazy("Weight (g)"),
        aliases=["Variant grams", "Weight value (grams)", "Grams", "重量（克）", "weight_grams"],
        example="350",
    )
    weight = WeightColumn(
        gettext_lazy("Weight with unit"),
        aliases=["Variant weight", "Weight", "Product weight"],
        places=6,
        patterns=[r"weight (kg|g|lbs?|oz)"],
    )
    weight_unit = ChoiceColumn(
        gettext_lazy("Unit of the weight"),
        aliases=["Variant weight unit", "weight_unit", "Weight unit for display", "WeightUnitMeasureCode", "重量单位"],
        words=WEIGHT_UNITS,
        blank="keep",
        help=gettext_lazy("Where nothing says it, weights are in kilograms."),
        example="kg",
    )
    tax_class = TextColumn(
        gettext_lazy("Tax class"),
        aliases=["Variant tax code", "Tax code", "tax_category"],
        max_length=40,
        blank="keep",
        example="standard",
    )
    taxable = ChoiceColumn(
        gettext_lazy("Taxable"), aliases=["Variant taxable", "Charge tax", "Tax status"], words=TAXABLE, blank="keep"
    )
    requires_shipping = BooleanColumn(gettext_lazy("Requires shipping"), aliases=["Variant requires shipping"])
    track_stock = TrackColumn(gettext_lazy("Track stock"), aliases=["track_inventory", "Variant manage inventory"])
    tracking = ChoiceColumn(
        gettext_lazy("Tracked by"), aliases=["Lot tracking", "批次管理"], words=TRACKING, blank="keep", example="lot"
    )
    tracker = TrackerColumn(gettext_lazy("Inventory tracker"), aliases=["Variant inventory tracker"], system="Shopify")
    backorder_limit = GramsColumn(gettext_lazy("Backorder limit"), blank="keep", example="0")
    backorders = ChoiceColumn(
        gettext_lazy("Sold beyond stock"),
        words=BACKORDER,
        blank="keep",
        aliases=[
            "Variant inventory policy",
            "Continue selling when out of stock",
            "Backorders allowed?",
            "inventory_backorderable",
            "Variant allow backorder",
        ],
    )
    is_active = BooleanColumn(gettext_lazy("Active"), aliases=["是否启用"])
    image = ManyColumn(
        gettext_lazy("Picture address"),
        aliases=["Image src", "Product image URL", "Product thumbnail", "Image", "Image URL", "pic_url", "图片"],
        patterns=[r"image ?\d+ src", r"product image \d+", r"image \d+"],
        example="https://example.com/pot.jpg",
        help=gettext_lazy("Pictures are added, none is removed."),
    )
    image_position = GramsColumn(gettext_lazy("Picture position"), aliases=["Image position"], blank="keep")
    image_alt = TextColumn(gettext_lazy("Picture text"), aliases=["Image alt text"], max_length=512, blank="keep")
    variant_image = TextColumn(
        gettext_lazy("Picture of the variant"), aliases=["Variant image", "Variant image URL"], blank="keep"
    )
    images = TextColumn(gettext_lazy("Picture addresses"), aliases=["Image URLs"], blank="keep")
    woo_type = TextColumn(gettext_lazy("Kind of row (WooCommerce)"), system="WooCommerce")
    woo_id = TextColumn(gettext_lazy("Number (WooCommerce)"), system="WooCommerce")
    parent = TextColumn(gettext_lazy("Parent (WooCommerce)"), system="WooCommerce")
    regular_price = PriceColumn(gettext_lazy("Regular price"), blank="keep", system="WooCommerce")
    sale_price = PriceColumn(gettext_lazy("Sale price"), system="WooCommerce")
    categories = TextColumn(gettext_lazy("Categories (WooCommerce)"), system="WooCommerce")
    attribute = ManyColumn(
        gettext_lazy("Attribute (WooCommerce)"),
        patterns=[r"attribute (\d+) (name|value s|visible|global|default)"],
        system="WooCommerce",
    )

    attribute_value = ManyColumn(
        gettext_lazy("Attribute"),
        aliases=["attributes.CODE", "Attribute: NAME", "属性：名称"],
        patterns=attribute_columns.PATTERNS,
        help=gettext_lazy(
            "One column for each attribute, called after its code or name. Values are read as the category defines them; "
            "an attribute that it does not define is kept as text. An empty cell takes the value away."
        ),
        system=gettext_lazy("shops that define attributes"),
    )
    metafield_namespace = TextColumn(gettext_lazy("Namespace of the metafield"), blank="keep", system="Shopify")
    metafield_key = TextColumn(gettext_lazy("Key of the metafield"), blank="keep", system="Shopify")
    metafield_value = TextColumn(gettext_lazy("Value of the metafield"), blank="keep", system="Shopify")

    ignored = {
        **dict.fromkeys(
            ["Variant Inventory Qty", "Variant Inventory Quantity", "Inventory quantity", "Stock", "In stock?",
             "Low stock amount", "inventory_count", "Quantity on hand", "qty_available", "Forecasted quantity",
             "virtual_available", "Bestand", "Lagerbestand", "qty", "is_in_stock", "Quantity", "On hand",
             "Available", "Current stock level", "库存", "库存数量"],
            STOCK,
        ),
        **dict.fromkeys(
            ["Product Id", "Variant Id", "Variant Product Id", "Product External Id", "Product Collection Id",
             "Product Type Id"],
            ELSEWHERE,
        ),
        **dict.fromkeys(
            [
                "Variant Fulfillment Service", "Fulfillment service", "Gift Card", "Published At", "Published Scope",
                "Template Suffix", "Product Created At", "Product Updated At", "Product Deleted At", "Variant Created At",
                "Variant Updated At", "Variant Deleted At", "Product Subtitle", "Product Discountable", "Product Is Giftcard",
                "Variant Title", "Variant Variant Rank", "Variant Metadata", "Option1 Linked To", "Option2 Linked To",
                "Option3 Linked To", "Image Attachment", "Product Length", "Product Height", "Product Width", "Variant Length",
                "Variant Height", "Variant Width", "category2", "category3", "meta_keywords", "External ID", "Unit of measure",
                "uom_id", "Short description", "Metafield Value Type",
            ],
            NOT_KEPT,
        ),
    }  # fmt: skip

    def further(self) -> dict[str, str]:
        return attribute_columns.known_names()

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        return layouts.of(headers)

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        reader = layouts.reader(mapping, self.columns())
        return reader.names, reader.read(rows)

    def export_queryset(self, where: dict[str, str]) -> Any:
        return (
            Variant.objects.filter(**{LOOKUPS.get(name, name): value for name, value in where.items()})
            .select_related("product__category", "product__brand")
            .prefetch_related(Prefetch("product__media", Media.objects.order_by("position", "pk")))
            .order_by("product_id", "position", "pk")
        )

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return columns_for(user)
