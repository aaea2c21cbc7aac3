// Inside another site: tells the page around us, and only it, how tall we are and how far the booking is (wlsm/1).
// <html data-frame-origin="https://site.example" data-frame-id="…" data-frame-page="times" data-frame-status="held">
// Messages {v: 1, ns: "wlsm", type, id, payload} go to exactly that origin; ours come from there and from the parent.

(() => {
  const { frameOrigin: origin, frameId: id, framePage: page, frameStatus: status, frameMoved: moved } = document.documentElement.dataset;
  if (!origin || window.parent === window) return;
  const say = (type, payload = {}) => window.parent.postMessage({ v: 1, ns: "wlsm", type, id, payload }, origin);

  // What opens in a tab of its own: files, and links that leave the booking pages.
  const PAGES = /^\/embed\/v1\/f\/[^/]+\/(p|b|time-zone)\//;
  const settle = (root) => {
    for (const link of root.querySelectorAll("a[href]")) {
      const url = new URL(link.href, location.href);
      const inside = url.origin === location.origin && PAGES.test(url.pathname) && !/\.ics$|\/files\/|\/earlier\/$/.test(url.pathname);
      if (!inside) { link.target = "_blank"; link.rel = "noopener"; link.removeAttribute("download"); }
    }
  };

  let height = 0, asked = false;
  const measure = () => {
    asked = false;
    const now = Math.ceil(document.body.getBoundingClientRect().height);
    if (Math.abs(now - height) < 1) return;
    height = now;
    say("resize", { height });
  };
  const watch = () => { if (!asked) { asked = true; requestAnimationFrame(measure); } };

  const step = () => {
    const code = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
    if (code >= 400) return say("error", { status: code });
    if (page === "booking_details") { say("step", { name: "details" }); return status === "held" && say("held"); }
    if (page !== "booking") return say("step", { name: page === "profile" || page === "times" ? "times" : page });
    say("step", { name: "done" });
    if (status === "cancelled") say("cancelled");
    else if (moved === "yes") say("moved", { status });
    else if (status === "confirmed" || status === "pending") say("confirmed", { status });
  };

  let popup = false;
  window.addEventListener("message", ({ origin: from, source, data }) => {
    if (from !== origin || source !== window.parent || data?.v !== 1 || data.ns !== "wlsm" || data.id !== id) return;
    if (data.type === "ready") popup = data.payload?.mode === "popup";
  });
  document.addEventListener("keydown", (event) => {
    if (popup && event.key === "Escape" && !event.defaultPrevented) say("step", { name: "escape" });
  });

  settle(document);
  new MutationObserver(() => { settle(document); watch(); }).observe(document.body, { childList: true, subtree: true });
  new ResizeObserver(watch).observe(document.body);
  say("ready", { page });
  measure();
  step();
  if (document.querySelector("[data-focus]")) say("scrollTo", { top: document.querySelector("[data-focus]").getBoundingClientRect().top });
})();
