"""The catalogue of the demonstration shop: tea, tableware, home and stationery, in English and Chinese."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One product: `options` maps an option name to its values; `shape` and `hue` (degrees) draw its picture."""

    title: str
    title_zh: str
    category: str
    brand: str
    price: str
    shape: str
    hue: int
    options: dict[str, tuple[str, ...]]
    text: str
    text_zh: str


CATEGORIES = {
    "Tea & Coffee": "茶与咖啡",
    "Tea & Coffee > Green tea": "绿茶",
    "Tea & Coffee > Black tea": "红茶",
    "Tea & Coffee > Oolong": "乌龙茶",
    "Tea & Coffee > Coffee": "咖啡",
    "Tableware": "餐具",
    "Tableware > Cups": "杯子",
    "Tableware > Teapots": "茶壶",
    "Tableware > Bowls & plates": "碗盘",
    "Kitchen": "厨房",
    "Kitchen > Knives & boards": "刀具与砧板",
    "Kitchen > Pans": "锅具",
    "Home": "家居",
    "Home > Candles": "香薰蜡烛",
    "Home > Textiles": "织物",
    "Home > Lamps": "灯具",
    "Home > Storage": "收纳",
    "Stationery": "文具",
    "Stationery > Notebooks": "笔记本",
    "Stationery > Pens": "笔",
    "Wear": "服饰",
    "Wear > Bags": "包",
    "Wear > Aprons & socks": "围裙与袜子",
}

_WEIGHTS = {"Weight": ("50 g", "100 g", "250 g")}
_GRIND = {"Grind": ("Whole bean", "Filter", "Espresso"), "Weight": ("250 g", "1 kg")}
_GLAZE = {"Glaze": ("Celadon", "Ink", "Cream")}
_SIZE = {"Size": ("Small", "Medium", "Large")}
_COLOUR = {"Colour": ("Sand", "Indigo", "Moss")}
_COLOUR_SIZE = {"Colour": ("Sand", "Indigo"), "Size": ("S", "M", "L")}
_RULING = {"Ruling": ("Plain", "Lined", "Dotted"), "Size": ("A5", "A6")}
_NIB = {"Nib": ("Fine", "Medium", "Broad")}
_SCENT = {"Scent": ("Cedar", "Osmanthus", "Fig")}
_NONE: dict[str, tuple[str, ...]] = {}

# title, Chinese title, category, brand, price, shape, hue, options, text, Chinese text
_ROWS: list[tuple[str, str, str, str, str, str, int, dict[str, tuple[str, ...]], str, str]] = [
    ("West Lake Dragon Well", "西湖龙井", "Tea & Coffee > Green tea", "Yunwu", "14.90", "pouch", 110, _WEIGHTS, "Pan-fired spring leaves with a note of chestnut.", "明前炒青，栗香清甜。"),
    ("Green Snail Spring", "碧螺春", "Tea & Coffee > Green tea", "Yunwu", "16.50", "pouch", 130, _WEIGHTS, "Curled tips, fresh and floral.", "卷曲如螺，花果清香。"),
    ("Sencha First Flush", "头采煎茶", "Tea & Coffee > Green tea", "Kiyomi", "12.80", "tin", 140, _WEIGHTS, "Steamed leaves, bright and grassy.", "蒸青头采，鲜爽明亮。"),
    ("Jasmine Pearls", "茉莉龙珠", "Tea & Coffee > Green tea", "Yunwu", "13.40", "tin", 95, _WEIGHTS, "Hand-rolled pearls scented six times.", "手工揉捻，六窨一提。"),
    ("Matcha for Every Day", "日常抹茶", "Tea & Coffee > Green tea", "Kiyomi", "18.00", "tin", 120, {"Weight": ("30 g", "80 g")}, "Stone-milled, smooth, with little bitterness.", "石磨细粉，顺滑少苦。"),
    ("Keemun", "祁门红茶", "Tea & Coffee > Black tea", "Yunwu", "11.90", "pouch", 15, _WEIGHTS, "Wine-like, with a touch of cocoa.", "酒香醇厚，略带可可。"),
    ("Lapsang Souchong", "正山小种", "Tea & Coffee > Black tea", "Yunwu", "12.90", "pouch", 20, _WEIGHTS, "Smoked over pine, for cold mornings.", "松烟熏制，冬晨佳饮。"),
    ("Assam Breakfast", "阿萨姆早餐茶", "Tea & Coffee > Black tea", "Harbour & Hill", "8.90", "tin", 10, _WEIGHTS, "Strong and malty; stands up to milk.", "麦芽浓香，宜配牛奶。"),
    ("Darjeeling Second Flush", "大吉岭次摘", "Tea & Coffee > Black tea", "Harbour & Hill", "15.20", "tin", 30, _WEIGHTS, "Muscatel, brisk and clear.", "麝香葡萄香，清爽透亮。"),
    ("Earl Grey Blue", "蓝花伯爵", "Tea & Coffee > Black tea", "Harbour & Hill", "9.80", "tin", 220, _WEIGHTS, "Bergamot and cornflower.", "佛手柑与矢车菊。"),
    ("Iron Goddess", "铁观音", "Tea & Coffee > Oolong", "Yunwu", "17.90", "pouch", 80, _WEIGHTS, "Lightly roasted, orchid in the cup.", "轻焙火，兰香悠长。"),
    ("Big Red Robe", "大红袍", "Tea & Coffee > Oolong", "Yunwu", "24.00", "pouch", 5, _WEIGHTS, "Rock oolong, roasted slowly.", "武夷岩茶，慢火烘焙。"),
    ("Phoenix Honey Orchid", "凤凰单丛蜜兰香", "Tea & Coffee > Oolong", "Yunwu", "21.00", "pouch", 45, _WEIGHTS, "Honey, stone fruit, long finish.", "蜜韵果香，回甘持久。"),
    ("Milk Oolong", "金萱乌龙", "Tea & Coffee > Oolong", "Yunwu", "14.20", "tin", 60, _WEIGHTS, "Creamy by nature, nothing added.", "天然奶香，无添加。"),
    ("Yunnan Arabica", "云南小粒咖啡", "Tea & Coffee > Coffee", "Nord Roast", "9.90", "pouch", 25, _GRIND, "Plum, brown sugar, round body.", "李子与红糖，口感圆润。"),
    ("House Espresso", "招牌意式拼配", "Tea & Coffee > Coffee", "Nord Roast", "8.50", "pouch", 0, _GRIND, "Chocolate first, hazelnut after.", "先巧克力，后榛子。"),
    ("Ethiopia Guji", "埃塞俄比亚古吉", "Tea & Coffee > Coffee", "Nord Roast", "12.50", "pouch", 340, _GRIND, "Bergamot and apricot; for filter.", "佛手柑与杏，宜手冲。"),
    ("Celadon Cup", "青瓷杯", "Tableware > Cups", "Longquan Studio", "19.00", "cup", 160, _GLAZE, "Thrown by hand, 180 ml.", "手工拉坯，180 毫升。"),
    ("Tall Mug", "高身马克杯", "Tableware > Cups", "Feldmark", "16.00", "cup", 210, _GLAZE, "Stoneware, 350 ml, safe in the dishwasher.", "炻器，350 毫升，可机洗。"),
    ("Glass Tumbler, Set of 4", "玻璃水杯四只装", "Tableware > Cups", "Feldmark", "22.00", "cup", 195, _NONE, "Thin rim, heavy base.", "薄口厚底。"),
    ("Espresso Cup Pair", "浓缩杯对杯", "Tableware > Cups", "Feldmark", "18.50", "cup", 25, _GLAZE, "Two cups and saucers, 70 ml.", "两杯两碟，70 毫升。"),
    ("Travel Mug", "随行杯", "Tableware > Cups", "Feldmark", "27.00", "bottle", 200, _COLOUR, "Keeps tea hot for six hours.", "保温六小时。"),
    ("Yixing Teapot", "宜兴紫砂壶", "Tableware > Teapots", "Longquan Studio", "68.00", "pot", 12, {"Capacity": ("150 ml", "220 ml")}, "Unglazed clay that remembers the tea.", "紫砂素胎，愈养愈润。"),
    ("Glass Teapot with Sieve", "玻璃泡茶壶", "Tableware > Teapots", "Feldmark", "34.00", "pot", 190, {"Capacity": ("600 ml", "1 l")}, "See the leaves open.", "观叶舒展。"),
    ("Cast Iron Teapot", "铸铁壶", "Tableware > Teapots", "Kiyomi", "54.00", "pot", 240, _NONE, "Enamelled inside, with a sieve.", "内壁搪瓷，含滤网。"),
    ("Gaiwan", "盖碗", "Tableware > Teapots", "Longquan Studio", "24.00", "bowl", 165, _GLAZE, "Lid, bowl, saucer; 120 ml.", "盖、碗、托，120 毫升。"),
    ("Rice Bowl", "饭碗", "Tableware > Bowls & plates", "Longquan Studio", "12.00", "bowl", 150, _GLAZE, "The right size for the hand.", "大小趁手。"),
    ("Noodle Bowl", "面碗", "Tableware > Bowls & plates", "Longquan Studio", "21.00", "bowl", 35, _GLAZE, "Deep, 1 litre.", "深碗，1 升。"),
    ("Dinner Plate", "餐盘", "Tableware > Bowls & plates", "Feldmark", "17.00", "plate", 205, _GLAZE, "27 cm, stackable.", "直径 27 厘米，可叠放。"),
    ("Small Plate", "小碟", "Tableware > Bowls & plates", "Feldmark", "9.00", "plate", 45, _GLAZE, "14 cm, for sweets.", "直径 14 厘米，放点心。"),
    ("Chef's Knife", "主厨刀", "Kitchen > Knives & boards", "Solling", "79.00", "knife", 215, {"Length": ("18 cm", "21 cm")}, "Carbon steel, walnut handle.", "碳钢刀身，胡桃木柄。"),
    ("Chinese Cleaver", "中式菜刀", "Kitchen > Knives & boards", "Solling", "64.00", "knife", 0, _NONE, "Thin blade for vegetables.", "薄刃片刀，宜切菜。"),
    ("Paring Knife", "削皮刀", "Kitchen > Knives & boards", "Solling", "29.00", "knife", 30, _NONE, "9 cm, light and sharp.", "9 厘米，轻巧锋利。"),
    ("Oak Board", "橡木砧板", "Kitchen > Knives & boards", "Solling", "38.00", "board", 32, _SIZE, "End grain, oiled.", "端面拼接，上油处理。"),
    ("Carbon Steel Wok", "碳钢炒锅", "Kitchen > Pans", "Solling", "58.00", "pan", 220, {"Diameter": ("28 cm", "32 cm")}, "Seasoned and ready.", "已开锅，即可使用。"),
    ("Cast Iron Pan", "铸铁平底锅", "Kitchen > Pans", "Solling", "49.00", "pan", 240, {"Diameter": ("24 cm", "28 cm")}, "For searing and for bread.", "煎烤面包皆宜。"),
    ("Bamboo Steamer", "竹蒸笼", "Kitchen > Pans", "Longquan Studio", "26.00", "box", 40, {"Diameter": ("20 cm", "26 cm")}, "Two tiers and a lid.", "双层带盖。"),
    ("Scented Candle", "香薰蜡烛", "Home > Candles", "Lumen & Co", "24.00", "candle", 30, _SCENT, "Soy wax, 45 hours.", "大豆蜡，可燃 45 小时。"),
    ("Beeswax Tapers", "蜂蜡长烛", "Home > Candles", "Lumen & Co", "14.00", "candle", 45, _NONE, "Six tapers, 25 cm.", "六支，25 厘米。"),
    ("Incense Set", "线香套装", "Home > Candles", "Kiyomi", "19.50", "box", 300, _SCENT, "Forty sticks with a holder.", "四十支，含香插。"),
    ("Linen Napkins", "亚麻餐巾", "Home > Textiles", "Weberei Sued", "28.00", "cloth", 40, _COLOUR, "Set of four, stone-washed.", "四条装，石洗。"),
    ("Tea Towel", "茶巾", "Home > Textiles", "Weberei Sued", "9.50", "cloth", 200, _COLOUR, "Half linen, dries without lint.", "半麻，不掉毛。"),
    ("Wool Throw", "羊毛盖毯", "Home > Textiles", "Weberei Sued", "89.00", "cloth", 350, _COLOUR, "Merino, 130 x 180 cm.", "美丽诺羊毛，130×180 厘米。"),
    ("Cotton Cushion", "棉靠垫", "Home > Textiles", "Weberei Sued", "32.00", "cloth", 150, _COLOUR, "With filling, 45 x 45 cm.", "含芯，45×45 厘米。"),
    ("Paper Lantern", "纸灯笼", "Home > Lamps", "Lumen & Co", "36.00", "lamp", 48, _SIZE, "Folds flat for storage.", "可折叠收纳。"),
    ("Desk Lamp", "台灯", "Home > Lamps", "Lumen & Co", "74.00", "lamp", 210, _COLOUR, "Warm light, dims by touch.", "暖光，触摸调光。"),
    ("Bedside Lamp", "床头灯", "Home > Lamps", "Lumen & Co", "52.00", "lamp", 25, _COLOUR, "Rice paper and ash wood.", "宣纸与白蜡木。"),
    ("Tea Caddy", "茶叶罐", "Home > Storage", "Kiyomi", "23.00", "tin", 350, _SIZE, "Double lid, airtight.", "双盖密封。"),
    ("Rattan Basket", "藤编篮", "Home > Storage", "Weberei Sued", "31.00", "box", 35, _SIZE, "Woven by hand.", "手工编织。"),
    ("Storage Jar", "储物罐", "Home > Storage", "Feldmark", "13.00", "bottle", 185, _SIZE, "Borosilicate glass, cork lid.", "高硼硅玻璃，软木盖。"),
    ("Notebook", "笔记本", "Stationery > Notebooks", "Papierhaus", "14.00", "book", 215, _RULING, "Lies flat, 192 pages.", "可平摊，192 页。"),
    ("Travel Journal", "旅行手账", "Stationery > Notebooks", "Papierhaus", "19.00", "book", 20, {"Ruling": ("Plain", "Lined")}, "With pocket and elastic.", "带内袋与绑带。"),
    ("Calligraphy Pad", "书法练习本", "Stationery > Notebooks", "Papierhaus", "11.00", "book", 5, _NONE, "Rice paper with a faint grid.", "宣纸，浅色米字格。"),
    ("Fountain Pen", "钢笔", "Stationery > Pens", "Papierhaus", "46.00", "pen", 225, _NIB, "Steel nib, piston filler.", "钢尖，活塞上墨。"),
    ("Brush Pen", "软笔", "Stationery > Pens", "Kiyomi", "8.00", "pen", 0, _NONE, "Refillable, for lettering.", "可换墨，写字画画。"),
    ("Ink, 50 ml", "墨水 50 毫升", "Stationery > Pens", "Papierhaus", "12.50", "bottle", 245, {"Colour": ("Pine soot", "Indigo", "Cinnabar")}, "Shades well, cleans easily.", "层次丰富，易清洗。"),
    ("Canvas Tote", "帆布袋", "Wear > Bags", "Weberei Sued", "18.00", "bag", 42, _COLOUR, "Heavy canvas, long handles.", "厚帆布，长提手。"),
    ("Day Pack", "日用背包", "Wear > Bags", "Weberei Sued", "69.00", "bag", 155, _COLOUR, "16 litres, waxed cotton.", "16 升，蜡棉。"),
    ("Apron", "围裙", "Wear > Aprons & socks", "Weberei Sued", "34.00", "cloth", 230, _COLOUR_SIZE, "Cross-back, two pockets.", "交叉背带，双口袋。"),
    ("Wool Socks", "羊毛袜", "Wear > Aprons & socks", "Weberei Sued", "13.00", "sock", 145, _COLOUR_SIZE, "Merino, reinforced heel.", "美丽诺，加固后跟。"),
    ("Tasting Set of Six Teas", "六款茶品鉴礼盒", "Tea & Coffee", "Yunwu", "29.00", "box", 110, _NONE, "Six times 20 g, with notes.", "六款各 20 克，附品鉴卡。"),
    ("Gift Card Box", "礼品贺卡盒", "Stationery", "Papierhaus", "16.00", "box", 330, _NONE, "Twelve letterpress cards.", "十二张凸版贺卡。"),
]  # fmt: skip

ITEMS = [Item(*row) for row in _ROWS]

SUPPLIERS = [
    ("YUNWU", "Yunwu Tea Cooperative", "sales@yunwu.example", 28),
    ("KIYOMI", "Kiyomi Trading", "orders@kiyomi.example", 35),
    ("HARBOUR", "Harbour & Hill Ltd", "trade@harbourhill.example", 12),
    ("NORD", "Nord Roast GmbH", "b2b@nordroast.example", 4),
    ("LONGQ", "Longquan Studio", "studio@longquan.example", 40),
    ("FELD", "Feldmark Keramik", "bestellung@feldmark.example", 10),
    ("SOLL", "Solling Stahlwaren", "vertrieb@solling.example", 14),
    ("WEBER", "Weberei Sued", "auftrag@weberei.example", 9),
]

# Who sells each brand.
SOURCES = {
    "Yunwu": "YUNWU",
    "Kiyomi": "KIYOMI",
    "Harbour & Hill": "HARBOUR",
    "Nord Roast": "NORD",
    "Longquan Studio": "LONGQ",
    "Feldmark": "FELD",
    "Solling": "SOLL",
    "Weberei Sued": "WEBER",
    "Papierhaus": "HARBOUR",
    "Lumen & Co": "FELD",
}

WAREHOUSES = [
    ("leipzig", "Leipzig", "莱比锡仓", 1, "Messeallee 4, 04356 Leipzig, DE"),
    ("rotterdam", "Rotterdam", "鹿特丹仓", 2, "Waalhaven 21, 3089 Rotterdam, NL"),
    ("shanghai", "Shanghai", "上海仓", 3, "上海市浦东新区外高桥 88 号, CN"),
]
