// What the hosted page tells the page around it, in the provider's words: ready, height, booked, failed.
// The origin is "*" because the original sends to anybody; the receiver has to check where a message comes from.

const tell = (message) => { if (window.parent !== window) window.parent.postMessage(message, "*"); };
const payload = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

const week = document.querySelector("form[data-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (week && here && here !== week.dataset.zone) {
  const url = new URL(window.location.href);
  url.searchParams.set("timezone", here);
  window.location.replace(url);
}

let told = 0;
const tellHeight = () => {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  if (Math.abs(height - told) < 10) return;
  told = height;
  tell({ event: "meetergo:page_height", payload: { height } });
  tell({ type: "meetergo:height-update", height });
};
new ResizeObserver(tellHeight).observe(document.body);

tell({ event: "meetergo:ready" });
tellHeight();

const booked = payload("booked");
if (booked) tell({ event: "booking-successful", data: booked });
if (payload("failed")) tell({ event: "meetergo:link_failed" });

window.addEventListener("message", (event) => {
  const { event: name, payload: data } = event.data ?? {};
  if (name !== "meetergo:color-scheme") return;
  if (["light", "dark"].includes(data?.colorScheme)) document.documentElement.dataset.scheme = data.colorScheme;
});
