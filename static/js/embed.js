// The booking page of a provider in an iframe: its height, and what it says happened. What it says is only a hint for
// the eye: the booking itself reaches us from server to server. Loaded in the head and without "defer", so that nothing
// the frame says is missed.
// <div data-embed data-origin="https://cal.example"><iframe>…, [data-embed-booked], [data-embed-asked], [data-embed-failed]

(() => {
  const LEAST_HEIGHT = 400, LARGEST_HEIGHT = 6000, PATIENCE = 15000;
  const boxes = () => document.querySelectorAll("[data-embed]");
  const heard = new WeakSet();

  const show = (box, name) => {
    const notice = box.querySelector(`[data-embed-${name}]`);
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
  };

  const resize = (frame, height) => {
    if (!Number.isFinite(height)) return;
    const wanted = Math.min(Math.max(Math.ceil(height), LEAST_HEIGHT), LARGEST_HEIGHT);
    if (Math.abs(wanted - frame.clientHeight) >= 10) frame.style.height = `${wanted}px`;
  };

  const listen = (box, said) => {
    const frame = box.querySelector("iframe");
    const name = said.event ?? said.type;
    heard.add(box);
    if (name === "meetergo:link_failed") { show(box, "failed"); return; }
    box.querySelector("[data-embed-failed]").hidden = true;
    if (name === "meetergo:page_height") resize(frame, said.payload?.height);
    else if (name === "meetergo:height-update") resize(frame, said.height);
    else if (name === "meetergo:scroll-height") resize(frame, said.scrollHeight);
    else if (name === "booking-successful") show(box, said.data?.bookingType ? "asked" : "booked");
  };

  window.addEventListener("message", (event) => {
    if (!event.data || typeof event.data !== "object") return;
    for (const box of boxes()) {
      const frame = box.querySelector("iframe");
      if (event.origin === box.dataset.origin && event.source === frame.contentWindow) listen(box, event.data);
    }
  });

  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    for (const box of boxes()) if (!heard.has(box)) show(box, "failed");
  }, PATIENCE));
})();
