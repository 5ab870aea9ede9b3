"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register(
    "customers", _("Customers"), "customers:list", "customers.view_customer", order=10, icon="users", jump="c"
)
navigation.register(
    "customers", _("Follow-ups"), "followups:list", "customers.view_followup", order=20, icon="clock", jump="u"
)
navigation.register(
    "customers", _("Segments"), "customers:segments", "customers.view_segmentrun", order=60, icon="chart"
)
navigation.register("customers", _("Lists"), "customers:lists", "customers.view_staticlist", order=15, icon="list")
navigation.register(
    "customers", _("Custom fields"), "customers:fields", "customers.view_customfield", order=70, icon="sliders"
)
navigation.register("customers", _("My customers"), "customers:mine", "customers.claim_customer", order=11, icon="user")
navigation.register("customers", _("Claim pool"), "customers:pool", "customers.view_ownership", order=12, icon="inbox")
navigation.register(
    "customers",
    _("Rules of ownership"),
    "customers:rules",
    "customers.change_ownershipsettings",
    order=75,
    icon="settings",
)
navigation.register(
    "customers", _("Disputes"), "disputes:list", "customers.view_ownershipdispute", order=40, icon="scale"
)
navigation.register(
    "customers", _("Possible duplicates"), "duplicates:list", "customers.view_duplicatepair", order=50, icon="copy"
)
navigation.register("support", _("Tickets"), "tickets:list", "customers.view_ticket", order=10, icon="ticket", jump="t")
navigation.register("support", _("Queues"), "tickets:queues", "customers.view_ticket", order=20, icon="inbox")
navigation.register("support", _("Messages"), "tickets:messages", "customers.view_message", order=15, icon="message")
navigation.register("support", _("Macros"), "tickets:macros", "customers.view_macro", order=30, icon="zap")
navigation.register("support", _("Satisfaction"), "promises:satisfaction", "customers.view_survey", 50, "message")
navigation.register(
    "support", _("Service reports"), "service:index", "customers.view_servicerow", order=45, icon="chart"
)
navigation.register("support", _("Agents"), "promises:agents", "customers.view_agentprofile", 60, "users")
navigation.register("support", _("Service promises"), "promises:policies", "customers.view_policy", 70, "clock")
navigation.register("support", _("Business calendars"), "promises:calendars", "customers.view_calendar", 80, "calendar")
navigation.register(
    "support", _("Incoming mail"), "tickets:mails", "customers.view_incomingmail", order=30, icon="mail"
)
navigation.register(
    "content", _("Articles"), "articles:list", "customers.view_article", order=20, icon="book", jump="a"
)
navigation.register(
    "content", _("Help categories"), "articles:categories", "customers.view_helpcategory", order=21, icon="folder-tree"
)
navigation.register(
    "content", _("Searches in vain"), "articles:vain", "customers.view_vainsearch", order=22, icon="search"
)
