// How long a chosen time is still kept. The page says until when; this adds the running minutes.
// <div class="hold" data-expires="2026-11-24T09:40:00Z" data-now="2026-11-24T09:30:00Z">
//   <span data-remaining></span>
//   <span class="visually-hidden" role="status" data-say-5="…" data-say-2="…" data-say-1="…" data-say-0="…"></span>
// data-now is the server's clock, so that a wrong clock of the device does no harm.
// Elements with data-when-over are shown, those with data-until-over are hidden when the time is up.

for (const hold of document.querySelectorAll("[data-expires]")) {
  const skew = hold.dataset.now ? Date.parse(hold.dataset.now) - Date.now() : 0;
  const end = Date.parse(hold.dataset.expires);
  const shown = hold.querySelector("[data-remaining]");
  const voice = hold.querySelector("[role=status]");
  const said = new Set();
  let timer;

  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now() - skew) / 1000));
    if (shown) shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    for (const minutes of [5, 2, 1, 0]) {
      const due = left <= minutes * 60 && left > (minutes - 1) * 60;
      if (due && !said.has(minutes)) {
        said.add(minutes);
        const words = voice?.getAttribute(`data-say-${minutes}`);
        if (words) voice.textContent = words;
      }
    }
    hold.classList.toggle("is-urgent", left <= 120);
    if (left === 0) {
      hold.classList.add("is-over");
      for (const element of document.querySelectorAll("[data-when-over]")) element.hidden = false;
      for (const element of document.querySelectorAll("[data-until-over]")) element.hidden = true;
      clearInterval(timer);
    }
  };
  timer = setInterval(tick, 1000);
  tick();
}
