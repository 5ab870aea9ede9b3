"""Names and places of the made-up customers."""

WEST_GIVEN = "Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Klara Leon Maya Noah Olga Paul Rosa Simon Tilda Viktor".split()
WEST_FAMILY = "Albers Brandt Conrad Dietrich Engel Fischer Graf Hansen Jansen Keller Lorenz Moreau Novak Olsen Petit Quinn Rossi Sauer Thorne Wagner".split()
CHINESE_FAMILY = "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高".split()
CHINESE_GIVEN = "伟 芳 娜 敏 静 秀英 丽 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 霞 平".split()

PLACES = [
    ("DE", "Berlin", "10115", "Invalidenstraße"),
    ("DE", "Hamburg", "20095", "Spitalerstraße"),
    ("DE", "Leipzig", "04109", "Nikolaistraße"),
    ("DE", "München", "80331", "Sendlinger Straße"),
    ("FR", "Lyon", "69002", "Rue de la République"),
    ("FR", "Paris", "75011", "Rue Oberkampf"),
    ("NL", "Utrecht", "3511", "Oudegracht"),
    ("GB", "Leeds", "LS1 4AP", "Park Row"),
    ("CN", "上海市", "200001", "南京东路"),
    ("CN", "杭州市", "310002", "延安路"),
    ("CN", "深圳市", "518000", "深南大道"),
]
TAX_RATES = {"DE": "0.19", "FR": "0.20", "NL": "0.21", "GB": "0.20", "CN": "0.13"}
COMPANIES = ["Café Morgenrot", "Teehaus am Markt", "Studio Nord", "Hotel Linde", "Kontor 9", "云间茶舍", "半亩书店"]
