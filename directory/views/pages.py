"""The public pages of a directory: home, search, legal pages, and what crawlers read."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from directory import search as directory_search
from directory import specialties
from directory.models import Brand, LegalPage, Professional

# HTML in the text is shown as text; tables are all that legal pages need beyond CommonMark.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    brand: Brand = request.brand  # type: ignore[attr-defined]
    search = directory_search.Search(brand, directory_search.Filters())
    context = {
        "search": search,
        "tiles": [specialty for specialty in search.specialties if specialty.members],  # type: ignore[attr-defined]
        "professionals": list(directory_search.soonest(brand, 4)),
        "json_ld": {
            "@context": "https://schema.org",
            "@type": "WebSite",
            "name": brand.name,
            "url": brand.url(),
            "inLanguage": [code for code, _name in settings.LANGUAGES],
        },
    }
    return render(request, "directory/home.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """GET only; the whole search stands in the address."""
    brand: Brand = request.brand  # type: ignore[attr-defined]
    filters = directory_search.Filters.of(request.GET)
    current = directory_search.Search(brand, filters)
    if filters.what and current.specialty is None:
        meant = specialties.resolve(brand, filters.what)
        if meant is not None:  # an old address, another word for it
            return HttpResponsePermanentRedirect(replace(filters, what=meant.slug).address)
    page = Paginator(current.results(), directory_search.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "search": current,
        "filters": filters,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "page_query": urlencode(filters.query()),
        "wider": current.wider() if not page.paginator.count else [],
        "canonical_query": filters.query(with_sort=False),
    }
    return render(request, "directory/search.html", context)


def to_html(markdown: str) -> str:
    """The page's title is its only first-level heading: a text that begins with one of its own moves down a level."""
    tokens = MARKDOWN.parse(markdown)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    page = get_object_or_404(LegalPage, brand=request.brand, kind=kind)  # type: ignore[attr-defined]
    return render(request, "directory/legal.html", {"page": page, "text": to_html(page.body or "")})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    brand: Brand = request.brand  # type: ignore[attr-defined]
    lines = [
        "User-agent: *",
        "Disallow: /my/",
        "Disallow: /b/",
        "Disallow: /my-data/",
        "Disallow: /accounts/",
        "Disallow: /admin/",
    ]
    lines += ["Disallow: /*/book/", f"Sitemap: {brand.url('/sitemap.xml')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


class _Pages(Sitemap):
    def __init__(self, brand: Brand) -> None:
        self.brand = brand

    @property
    def protocol(self) -> str:  # type: ignore[override]
        return settings.PUBLIC_SCHEME

    def items(self) -> list[str]:
        kinds = LegalPage.objects.filter(brand=self.brand).order_by("kind").values_list("kind", flat=True)
        return ["/", "/search/", *(f"/legal/{kind}/" for kind in kinds)]

    def location(self, item: str) -> str:
        return item


class _Profiles(Sitemap):
    def __init__(self, brand: Brand) -> None:
        self.brand = brand

    @property
    def protocol(self) -> str:  # type: ignore[override]
        return settings.PUBLIC_SCHEME

    def items(self) -> QuerySet[Professional]:
        return Professional.objects.of_brand(self.brand).listed().order_by("pk")

    def lastmod(self, item: Professional) -> datetime:
        return item.updated_at


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    brand: Brand = request.brand  # type: ignore[attr-defined]
    return sitemap_view(request, {"pages": _Pages(brand), "profiles": _Profiles(brand)})
