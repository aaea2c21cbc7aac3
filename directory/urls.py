"""The addresses of the directory."""

from django.urls import path

from directory.views import brand, member, pages, styleguide

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", pages.search, name="search"),
    path("legal/<slug:kind>/", pages.legal, name="legal"),
    path("brand.css", brand.brand_css, name="brand_css"),
    path("favicon.ico", brand.favicon),
    path("media/<path:path>", brand.media, name="media"),
    path("left/<str:token>/", member.departure, name="departure"),
    path("robots.txt", pages.robots),
    path("sitemap.xml", pages.sitemap),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
