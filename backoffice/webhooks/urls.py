"""Addresses of webhooks, and their entry in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation
from backoffice.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.WebhookList.as_view(), name="webhooks"),
    path("new/", views.EditWebhook.as_view(), name="new"),
    path("<int:pk>/", views.WebhookRecord.as_view(), name="webhook"),
    path("<int:pk>/edit/", views.EditWebhook.as_view(), name="edit"),
    path("<int:pk>/pause/", views.Pause.as_view(), name="pause"),
    path("<int:pk>/resume/", views.Resume.as_view(), name="resume"),
    path("<int:pk>/key/", views.Turn.as_view(), name="turn"),
    path("<int:pk>/test/", views.Test.as_view(), name="test"),
    path("deliveries/", views.DeliveryList.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/", views.DeliveryRecord.as_view(), name="delivery"),
    path("deliveries/<int:pk>/again/", views.Resend.as_view(), name="resend"),
]

navigation.register("system", _("Webhooks"), "webhooks:webhooks", "backoffice.view_webhook", order=45, icon="send")
