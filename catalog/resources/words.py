"""The words that product files have for choices, and what is kept of them."""

from catalog.services.upsert import WITHOUT_LIMIT

BACKORDER = {
    "deny": 0,
    "no": 0,
    "false": 0,
    "0": 0,
    "continue": WITHOUT_LIMIT,
    "yes": WITHOUT_LIMIT,
    "true": WITHOUT_LIMIT,
    "1": WITHOUT_LIMIT,
    "notify": WITHOUT_LIMIT,
}
STATUS = {
    "active": "published",
    "published": "published",
    "draft": "draft",
    "proposed": "draft",
    "unlisted": "draft",
    "archived": "archived",
    "rejected": "archived",
    "上架": "published",
    "下架": "draft",
    "草稿": "draft",
    "已归档": "archived",
    "in_review": "in_review",
    "in review": "in_review",
    "scheduled": "scheduled",
    "审核中": "in_review",
    "已排期": "scheduled",
    **dict.fromkeys(["1", "enabled", "visible", "aktiv", "actif", "activé", "activo", "ativo", "attivo", "公開", "販売中", "在售", "销售中", "已上架"], "published"),
    **dict.fromkeys(["0", "inactive", "disabled", "hidden", "inaktiv", "inactif", "désactivé", "inactivo", "inativo", "inattivo", "非公開", "已下架", "未上架"], "draft"),
}  # fmt: skip
PUBLISHED = dict.fromkeys(["true", "yes", "1", "web", "global", "是", "公開", "y"], True) | dict.fromkeys(
    ["false", "no", "0", "-1", "2", "private", "否", "非公開", "n"], False
)
TRACKING = {
    **dict.fromkeys(["none", "quantity", "by quantity", "no tracking", "no", "数量"], "none"),
    **dict.fromkeys(["lot", "lots", "by lots", "batch", "batches", "批次"], "lot"),
    **dict.fromkeys(["serial", "serial number", "serial numbers", "by unique serial number", "序列号"], "serial"),
}
WEIGHT_UNITS = {
    **dict.fromkeys(["g", "gr", "gram", "grams", "克"], "g"),
    **dict.fromkeys(["kg", "kgs", "kilogram", "kilograms", "千克", "公斤"], "kg"),
    **dict.fromkeys(["lb", "lbs", "pound", "pounds", "磅"], "lb"),
    **dict.fromkeys(["oz", "ounce", "ounces", "盎司"], "oz"),
}
TAXABLE = dict.fromkeys(["true", "yes", "1", "taxable", "是"], True) | dict.fromkeys(
    ["false", "no", "0", "none", "shipping", "否"], False
)
