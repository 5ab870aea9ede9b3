"""What customers of the demonstration shop ask, what agents answer, and the articles of its help centre."""

from typing import Any

# (subject, question, answer) in English and in Chinese; {order} is the number of the customer's order.
QUESTIONS = [
    (
        "en",
        "Where is my parcel?",
        "Hello, I ordered on {order} and the tracking page has not moved for three days. Could you have a look?",
        "Thank you for writing. The parcel of {order} is with the carrier; it was held at the depot over the weekend and is out for delivery now.",
    ),
    (
        "en",
        "One cup arrived broken",
        "The parcel for {order} came today, but one of the cups has a crack. I have a photo if you need it.",
        "We are sorry about that. We have noted the damage for {order} and will refund the cup; you need not send it back.",
    ),
    (
        "en",
        "Please change my address",
        "I have moved. Can {order} still go to my new address?",
        "We have changed the address for {order}. You will receive a new confirmation by mail.",
    ),
    (
        "en",
        "Invoice with company name",
        "Could I have the invoice for {order} with our company on it, please?",
        "Of course. Please send us the exact name and tax number and we will reissue the invoice for {order}.",
    ),
    (
        "en",
        "How do I return an article?",
        "The apron from {order} is too small. How do I send it back?",
        "You can return it within 30 days. We have announced the return for {order}; put the slip into the parcel.",
    ),
    (
        "en",
        "Do you deliver to Norway?",
        "I could not find Norway in the list of countries. Do you ship there?",
        "Not yet, but we are working on it. We will write to you as soon as we do.",
    ),
    (
        "en",
        "Water temperature for Dragon Well",
        "The leaflet got lost. How hot should the water be?",
        "About 80 °C, and two minutes for the first cup. Enjoy it!",
    ),
    (
        "en",
        "Refund has not arrived",
        "You confirmed a refund for {order} a week ago and I cannot see it yet.",
        "The refund for {order} was sent on Monday; banks take up to five working days.",
    ),
    (
        "zh-hans",
        "什么时候发货？",
        "你好，订单 {order} 什么时候能发货？周末要送人，有点着急。",
        "您好，{order} 今天下午已经打包，晚上发出，预计后天送到。",
    ),
    (
        "zh-hans",
        "杯子有瑕疵",
        "{order} 收到了，其中一个青瓷杯杯口有小缺口，请问怎么处理？",
        "非常抱歉。{order} 的这只杯子我们为您退款，无需寄回。",
    ),
    (
        "zh-hans",
        "想要开发票",
        "请问 {order} 可以开公司抬头的发票吗？",
        "可以的，请把公司名称和税号发给我们，我们为 {order} 重新开具。",
    ),
    ("zh-hans", "茶叶怎么保存", "绿茶买多了，应该怎么保存比较好？", "请密封避光，放冰箱冷藏，最好三个月内喝完。"),
]

NOTES = [
    "Checked with the warehouse: the parcel left on time.",
    "客户电话里很客气，同意等到周五。",
    "Second question about this glaze this month; tell purchasing.",
]

# (slug, topic, title, Chinese title, text, Chinese text)
ARTICLES = [
    ("delivery-times", "Delivery", "How long does delivery take?", "多久能送到？", "Parcels within Germany arrive in one to three working days, within the European Union in three to six, and in China in two to four days from our Shanghai warehouse.\n\nYou will find the tracking number in the mail that we send when the parcel leaves.", "德国境内一至三个工作日，欧盟境内三至六个工作日，中国境内由上海仓发货，二至四天送达。\n\n包裹发出时我们会发送邮件，其中有运单号。"),
    ("returns", "Returns", "Returning an article", "如何退货", "You may return what you do not like within 30 days. Write to us with the number of your order; we send you a slip.\n\nThe refund follows within five working days after the goods have come in.", "三十天内可以退货。请告诉我们订单号，我们会发送退货单。\n\n收到货后五个工作日内退款。"),
    ("damaged", "Returns", "Something arrived damaged", "收到破损商品", "Please send us a photo and the number of your order within 14 days. We refund or replace the article; you need not send back broken pieces.", "请在十四天内把照片和订单号发给我们，我们会退款或补发，破损件无需寄回。"),
    ("payment", "Payment", "How can I pay?", "支付方式", "By card, by bank transfer, and in China with Alipay or WeChat Pay. Companies may pay on invoice after their third order.", "支持银行卡、转账，中国客户可用支付宝或微信支付。企业客户第三单起可月结。"),
    ("invoice", "Payment", "Changing an invoice", "修改发票", "An issued invoice is never changed; we cancel it with a credit note and write a new one. Send us the exact name and tax number.", "已开具的发票不能修改，我们会用红字发票冲销后重新开具。请提供准确的名称和税号。"),
    ("brewing", "Tea", "Brewing tea", "泡茶指南", "Green tea: 80 °C, two minutes. Oolong: 95 °C, one minute, many times. Black tea: 95 °C, three minutes.\n\nUse 3 g for 150 ml and taste early.", "绿茶：80 度，两分钟。乌龙：95 度，一分钟，可多次冲泡。红茶：95 度，三分钟。\n\n每 150 毫升放 3 克，早点尝一口。"),
    ("storage", "Tea", "Keeping tea fresh", "茶叶保存", "Keep tea dry, dark and closed. Green tea likes the fridge; oolong and black tea do not need it.", "干燥、避光、密封。绿茶适合冷藏，乌龙和红茶常温即可。"),
    ("cast-iron", "Care", "Caring for cast iron", "铸铁保养", "Wash without soap, dry at once, and rub with a drop of oil while warm.", "不用洗洁精，洗后立即擦干，趁热抹一滴油。"),
    ("wholesale", "Companies", "Ordering for a café or shop", "批发合作", "We sell to cafés, hotels and shops from 300 euros on. Write to us and we set up an account with your prices.", "咖啡馆、酒店和店铺满 300 欧元可享批发价，欢迎来信开户。"),
]  # fmt: skip

MACROS: list[dict[str, Any]] = [
    {
        "name": "Parcel is late",
        "name_zh": "包裹延误",
        "body": "Hello {{ customer }},\n\nwe are sorry that {{ order }} is late. We have asked the carrier and write again by tomorrow.",
        "body_zh": "{{ customer }} 您好，\n\n很抱歉 {{ order }} 延误了。我们已联系承运商，明天之前再回复您。",
        "status": "on_hold",
        "takes": True,
        "tags": ["parcel"],
    },
    {
        "name": "How to send something back",
        "name_zh": "如何退货",
        "body": "Hello {{ customer }},\n\nplease tell us which articles of {{ order }} you send back. A label comes by mail.",
        "body_zh": "{{ customer }} 您好，\n\n请告诉我们 {{ order }} 中要退回的商品，退货面单会通过邮件发送。",
        "status": "pending",
        "tags": ["return"],
    },
    {
        "name": "Solved, thank you",
        "name_zh": "已解决，谢谢",
        "body": "Hello {{ customer }},\n\nwe are glad that it works. Just answer if anything is missing.",
        "body_zh": "{{ customer }} 您好，\n\n很高兴问题已解决。如有其他需要，请直接回复。",
        "status": "solved",
    },
]
