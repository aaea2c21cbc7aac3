/* Booking pages inside your site, version 1.1.0. Makes more of links like
   <a href="https://…/p/name/" data-wlsm="inline|popup|button">Book an appointment</a>; without it they stay links.
   Options: data-height (inline: pixels kept free), data-theme (light, dark, auto), data-lang, data-name, data-email, data-note, data-label-close, data-color (button: #rrggbb).
   Events on <wlsm-embed>, bubbling: wlsm:ready, :resize, :step, :held, :confirmed, :moved, :cancelled, :error, :fallback. */
(() => {
  "use strict";
  if (customElements.get("wlsm-embed")) return;
  const PATIENCE = 4000, LEAST = 200, MOST = 8000;
  const TYPES = new Set(["ready", "resize", "step", "held", "confirmed", "moved", "cancelled", "error", "scrollTo"]);
  const SANDBOX = "allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; position: relative; overflow-anchor: none; }
    :host([mode=popup]), :host([mode=button]) { display: inline; }
    :host([state=ready][mode=inline]) slot { display: none; }
    :host([mode=inline][state=loading]) iframe { position: absolute; inset: 0; visibility: hidden; }
    iframe { display: block; width: 100%; border: 0; background: transparent; color-scheme: inherit; }
    dialog { width: min(46rem, calc(100vw - 1rem)); max-width: none; height: min(56rem, calc(100dvh - 1rem)); max-height: none; padding: 0; border: 0; border-radius: 12px; background: Canvas; color: CanvasText; overflow: hidden; box-shadow: 0 16px 48px rgb(0 0 0 / .35); }
    dialog::backdrop { background: rgb(0 0 0 / .5); }
    .bar { display: flex; justify-content: flex-end; height: 48px; }
    .bar button { font: inherit; font-size: 24px; line-height: 1; width: 48px; height: 48px; border: 0; background: none; color: inherit; cursor: pointer; }
    .bar button:focus-visible { outline: 2px solid currentColor; outline-offset: -6px; }
    .room:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
    .room { height: calc(100% - 48px); overflow: auto; overscroll-behavior: contain; padding: 0 12px 12px; box-sizing: border-box; }
  `);

  class Embed extends HTMLElement {
    #frame; #origin; #id; #link; #timer; #dialog; #least = 0; #near;

    connectedCallback() {
      this.#link = this.querySelector("a[href]");
      if (!this.#link || this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.append(document.createElement("slot"));
      const url = new URL(this.#link.href);
      this.#origin = url.origin;
      this.#id = Math.random().toString(36).slice(2, 12);
      window.addEventListener("message", this.#hear);
      this.#pass(url);
      if (this.#mode === "inline") {
        this.#least = Number(this.#link.dataset.height) || 0;
        if (this.#least) this.style.minHeight = `${this.#least}px`;
        this.#near = new IntersectionObserver((seen) => {
          if (!seen.some((one) => one.isIntersecting)) return;
          this.#near.disconnect();
          this.#open(this.shadowRoot);
        }, { rootMargin: "400px" });
        this.#near.observe(this);
      } else {
        this.#link.setAttribute("aria-haspopup", "dialog");
        this.#link.addEventListener("click", this.#pop);
        if (this.#mode === "button") this.#corner();
      }
    }

    // In the corner, in the brand's colour with whichever of black and white reads better on it.
    #corner() {
      const hex = /^#[0-9a-f]{6}$/i.test(this.#link.dataset.color ?? "") ? this.#link.dataset.color : "#1d4f91";
      const [red, green, blue] = [1, 3, 5].map((at) => {
        const part = parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
      });
      const light = .2126 * red + .7152 * green + .0722 * blue;
      Object.assign(this.#link.style, { position: "fixed", right: "16px", bottom: "calc(16px + env(safe-area-inset-bottom, 0px))", zIndex: "1000", padding: "14px 22px", borderRadius: "999px", background: hex, color: light > .179 ? "#000" : "#fff", font: "600 16px/1.25 system-ui, sans-serif", textDecoration: "none", boxShadow: "0 4px 16px rgb(0 0 0 / .25)" });
    }

    disconnectedCallback() {
      window.removeEventListener("message", this.#hear);
      clearTimeout(this.#timer);
      this.#near?.disconnect();
    }

    get #mode() { return this.getAttribute("mode"); }

    // The campaign that led to this page leads on, in the plain link too.
    #pass(url) {
      const here = new URLSearchParams(location.search);
      for (const [key, value] of here) if (/^utm_(source|medium|campaign|term|content)$/.test(key) && !url.searchParams.has(key)) url.searchParams.set(key, value);
      this.#link.href = url.href;
    }

    #address() {
      const link = new URL(this.#link.href), query = new URLSearchParams();
      const slug = link.pathname.match(/\/p\/([^/]+)\//)?.[1];
      if (!slug) return null;
      for (const [key, value] of link.searchParams) query.set(key, value);
      for (const key of ["lang", "theme", "name", "email", "note"]) if (this.#link.dataset[key]) query.set(key, this.#link.dataset[key]);
      query.set("origin", location.origin);
      query.set("id", this.#id);
      query.set("tz", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
      return `${link.origin}/embed/v1/frame/${slug}/?${query}`;
    }

    #open(place) {
      const address = this.#address();
      if (!address) return;
      const frame = document.createElement("iframe");
      frame.title = this.#link.textContent.trim();
      frame.loading = this.#mode === "inline" ? "lazy" : "eager";
      frame.setAttribute("sandbox", SANDBOX);
      frame.style.height = `${Math.max(this.#least, LEAST)}px`;
      this.setAttribute("state", "loading");
      frame.src = address;
      place.append(this.#frame = frame);
      this.#timer = setTimeout(() => this.#fail(), PATIENCE);
    }

    // The frame was refused, or nothing came: the link is the way, in a tab of its own.
    #fail() {
      this.#frame?.remove();
      this.#frame = undefined;
      this.setAttribute("state", "fallback");
      if (this.#dialog?.open) this.#dialog.close();
      this.#link.removeEventListener("click", this.#pop);
      this.#link.removeAttribute("aria-haspopup");
      this.#link.target = "_blank";
      this.#link.rel = "noopener";
      if (this.#mode === "inline") {
        Object.assign(this.#link.style, { boxSizing: "border-box", minHeight: "0", padding: "1.25rem", border: "1px solid currentColor", borderRadius: "8px", textAlign: "center" });
      }
      this.#tell("fallback", {});
    }

    #pop = (event) => {
      if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!this.#dialog) {
        const dialog = this.#dialog = document.createElement("dialog");
        const bar = document.createElement("div"), close = document.createElement("button"), room = document.createElement("div");
        // The window is painted as the frame in it, whatever the site around them is.
        dialog.style.colorScheme = { dark: "dark", auto: "light dark" }[this.#link.dataset.theme] ?? "light";
        bar.className = "bar";
        room.className = "room";
        room.tabIndex = 0;
        room.setAttribute("role", "group");
        room.setAttribute("aria-label", this.#link.textContent.trim());
        close.type = "button";
        close.textContent = "×";
        close.setAttribute("aria-label", this.#link.dataset.labelClose || "Close");
        close.addEventListener("click", () => dialog.close());
        dialog.setAttribute("aria-label", this.#link.textContent.trim());
        dialog.addEventListener("click", (click) => { if (click.target === dialog) dialog.close(); });
        dialog.addEventListener("close", () => this.#link.focus());
        bar.append(close);
        dialog.append(bar, room);
        this.shadowRoot.append(dialog);
        dialog.showModal();
        this.#open(room);
      } else this.#dialog.showModal();
    };

    #hear = (event) => {
      const { data } = event, frame = this.#frame;
      if (!frame || event.origin !== this.#origin || event.source !== frame.contentWindow) return;
      if (!data || data.v !== 1 || data.ns !== "wlsm" || data.id !== this.#id || !TYPES.has(data.type)) return;
      const payload = data.payload && typeof data.payload === "object" ? data.payload : {};
      if (data.type === "ready") {
        clearTimeout(this.#timer);
        const again = this.getAttribute("state") === "ready";
        this.setAttribute("state", "ready");
        frame.contentWindow.postMessage({ v: 1, ns: "wlsm", type: "ready", id: this.#id, payload: { mode: this.#dialog ? "popup" : "inline" } }, this.#origin);
        if (again) this.#show(0);
      } else if (data.type === "resize") this.#size(payload.height);
      else if (data.type === "scrollTo") this.#show(payload.top);
      else if (data.type === "step" && payload.name === "escape") { this.#dialog?.close(); return; }
      this.#tell(data.type, payload);
    };

    // Grows at once. Shrinks only where nothing on the screen would move up.
    #size(height) {
      if (!Number.isFinite(height)) return;
      const wanted = Math.min(Math.max(Math.ceil(height), LEAST, this.#least), MOST);
      const box = this.#frame.getBoundingClientRect();
      if (this.#dialog || wanted > box.height || box.top + wanted >= innerHeight) this.#frame.style.height = `${wanted}px`;
    }

    // A new page of the frame begins at its top; so does what is seen.
    #show(top) {
      if (!Number.isFinite(top)) return;
      if (this.#dialog) this.#dialog.querySelector(".room").scrollTop = top;
      else {
        const at = this.#frame.getBoundingClientRect().top + top;
        if (at < 0 || at > innerHeight * .75) scrollBy({ top: at - 16 });
      }
    }

    #tell(type, detail) { this.dispatchEvent(new CustomEvent(`wlsm:${type}`, { detail, bubbles: true, composed: true })); }
  }

  customElements.define("wlsm-embed", Embed);

  const upgrade = () => {
    for (const link of document.querySelectorAll("a[href][data-wlsm]")) {
      if (link.closest("wlsm-embed")) continue;
      const element = document.createElement("wlsm-embed");
      element.setAttribute("mode", ["popup", "button"].includes(link.dataset.wlsm) ? link.dataset.wlsm : "inline");
      const box = element.cloneNode();
      link.replaceWith(box);
      box.append(link);
      box.connectedCallback();
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", upgrade);
  else upgrade();
})();
