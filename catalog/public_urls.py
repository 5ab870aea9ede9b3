"""Addresses of the catalogue's public pages."""

from django.urls import path

from catalog.views import public

app_name = "public"
urlpatterns = [
    path("p/pictures/<int:size>/<path:file>", public.picture, name="thumbnail"),
    path("p/pictures/<path:file>", public.picture, name="picture"),
    path("p/<path:handle>/", public.product, name="product"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    path("sitemap-<int:part>.xml", public.sitemap_part, name="sitemap_part"),
]
