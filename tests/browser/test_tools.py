"""The tests of the tools: each notices what it is for."""

import pytest
from playwright.sync_api import expect

from tests.browser.tools import Watch, Weights, assert_no_horizontal_scroll, axe_violations


def blank(page):
    page.goto("about:blank")


def test_axe_sees_an_image_without_text_and_faint_letters(page):
    blank(page)
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><img src='data:,'><p style='color:#aaa'>faint</p></main></html>"
    )
    found = " ".join(axe_violations(page))
    assert "image-alt" in found
    assert "color-contrast" in found


def test_axe_is_content_with_a_plain_page(page):
    blank(page)
    page.set_content("<html lang=en><title>t</title><main><h1>Good</h1><p>Enough</p></main></html>")
    assert axe_violations(page) == []


def test_a_wide_page_is_noticed(new_page):
    page = new_page(viewport={"width": 320, "height": 600})
    blank(page)
    page.set_content("<div style='width: 700px'>wide</div>")
    with pytest.raises(AssertionError, match="wide"):
        assert_no_horizontal_scroll(page)


def test_third_parties_scripts_that_fail_and_broken_policy_are_noticed(browser, live_server):
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(page)
    page.route("**/*", lambda route: route.fulfill(
        body="<p>x</p><script>alert(1)</script><script src=/own.js></script><img src=http://tracker.example/p.gif>"
        if route.request.resource_type == "document" else "throw new Error('broken')",
        content_type="text/html" if route.request.resource_type == "document" else "text/javascript",
        headers={"Content-Security-Policy": "script-src 'self'"},
    ))  # fmt: skip
    page.goto(live_server.url)
    page.wait_for_load_state("load")
    context.close()
    faults = "\n".join(watch.faults)
    assert "third party: http://tracker.example" in faults
    assert "Content Security Policy" in faults
    assert "script error: broken" in faults


def test_weights_are_counted_as_sent(page):
    weights = Weights(page)
    page.route("**/heavy", lambda route: route.fulfill(body="<p>" + "a" * 100_000, content_type="text/html"))
    page.goto("/heavy")
    assert 50 < weights.total()["html"] < 2_000


def test_without_javascript_scripts_rest(page_nojs):
    blank(page_nojs)
    page_nojs.set_content("<p>still</p><script>document.querySelector('p').textContent = 'moved'</script>")
    expect(page_nojs.locator("p")).to_have_text("still")
