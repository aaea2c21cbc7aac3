// Draws the professional's calendar over the list of the week, which stays for everybody without JavaScript.
// Times are the professional's wall clock, sent without an offset; nothing is changed here: every click and every drag
// leads to a page that asks.

const root = document.querySelector("#drawn");
const words = root.dataset;
const wide = matchMedia("(width >= 48rem)");
const dialog = document.querySelector("#empty-time");
const language = { en: "en-GB" }[document.documentElement.lang] ?? document.documentElement.lang;
const pad = (number) => String(number).padStart(2, "0");
const dayOf = (text) => text.slice(0, 10);
const timeOf = (text) => text.slice(11, 16);

function button(text) {
  const later = { next: words.next, prev: words.earlier, today: words.today, close: words.close };
  return {
    ...text, ...later, timeGridWeek: words.week, timeGridDay: words.day, dayGridMonth: words.month, listWeek: words.list,
  };
}

async function load(info) {
  const query = new URLSearchParams({ start: dayOf(info.startStr), end: dayOf(info.endStr) });
  try {
    const answer = await fetch(`${words.events}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return await answer.json();
  } catch {
    fail();
    return [];
  }
}

function fail() {
  const note = document.querySelector("#drawn-failed");
  note.textContent = words.failed;
  note.hidden = false;
  document.querySelector("#listed").hidden = false;
}

// An hour later, for a click that names a beginning only.
function after(text) {
  const hour = Number(text.slice(11, 13)) + 1;
  return hour < 24 ? `${dayOf(text)}T${pad(hour)}:${timeOf(text).slice(3)}:00` : `${dayOf(text)}T23:59:00`;
}

function ask(start, end, allDay) {
  const query = new URLSearchParams({ day: dayOf(start) });
  if (!allDay) {
    query.set("at", timeOf(start));
    query.set("until", timeOf(end));
  }
  for (const link of dialog.querySelectorAll("a[data-path]")) link.href = `${link.dataset.path}?${query}`;
  const day = new Date(`${dayOf(start)}T12:00:00Z`);
  const name = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  dialog.querySelector("[data-when]").textContent = name.format(day) + (allDay ? "" : `, ${timeOf(start)}–${timeOf(end)}`);
  dialog.showModal();
}

function remember(info) {
  const names = { timeGridWeek: "week", timeGridDay: "day", dayGridMonth: "month", listWeek: "list" };
  const at = new URL(location.href);
  const middle = new Date((info.view.activeStart.getTime() + info.view.activeEnd.getTime()) / 2);
  const start = names[info.view.type] === "month" ? middle : info.start;
  at.searchParams.set("date", `${start.getFullYear()}-${pad(start.getMonth() + 1)}-${pad(start.getDate())}`);
  at.searchParams.set("view", names[info.view.type] ?? "week");
  history.replaceState(null, "", at);
}

// The component calls its boxes tables and lists without their rows and items, which misleads assistive technology.
function mend() {
  for (const element of [root, ...root.querySelectorAll("[role], [aria-colindex]")]) {
    for (const name of ["role", "aria-colindex"]) if (element.hasAttribute(name)) element.removeAttribute(name);
  }
  // Its days are headings of the fourth level right below the second.
  for (const day of root.querySelectorAll("h4:not([aria-level])")) day.setAttribute("aria-level", "3");
}

// A time and a link of its own; the end of a drag is no click on it.
let dragged = false;
function content({ event, timeText }) {
  const time = Object.assign(document.createElement("time"), { className: "ec-event-time", textContent: timeText });
  const { url } = event.extendedProps;
  const title = document.createElement(url ? "a" : "span");
  Object.assign(title, { className: "ec-event-title", textContent: event.title }, url ? { href: url, draggable: false } : {});
  title.addEventListener("click", (click) => { if (dragged) click.preventDefault(); });
  return { domNodes: timeText && !event.allDay ? [time, title] : [title] };
}

// The office of a stretch of hours, where there are several.
function place(name) {
  const words = Object.assign(document.createElement("span"), { className: "ec-place", textContent: name });
  return name ? { domNodes: [words] } : "";
}

function draw() {
  const views = wide.matches ? ["timeGridWeek", "dayGridMonth", "listWeek"] : ["listWeek", "timeGridDay", "dayGridMonth"];
  root.hidden = false;
  new MutationObserver(mend).observe(root.parentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["role", "aria-colindex"] });
  window.EventCalendar.create(root, {
    view: views.includes(words.view) ? words.view : views[0],
    date: words.date,
    timeZone: words.offset,
    locale: language,
    firstDay: 1,
    height: "auto",
    slotMinTime: "07:00:00",
    slotMaxTime: "20:00:00",
    flexibleSlotTimeLimits: { eventFilter: (event) => !event.allDay },
    slotDuration: "00:30:00",
    slotHeight: 30,
    snapDuration: "00:15:00",
    nowIndicator: true,
    views: { timeGridWeek: { displayEventEnd: false }, dayGridMonth: { displayEventEnd: false, dayHeaderFormat: { weekday: "short" } } },
    pointer: wide.matches,
    dayMaxEvents: true,
    headerToolbar: { start: "prev,today,next", center: "title", end: views.join(",") },
    buttonText: button,
    moreLinkContent: (info) => `+${info.num} ${words.more}`,
    noEventsContent: words.nothing,
    allDayContent: words.allDay,
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    dayHeaderFormat: { weekday: "short", day: "numeric" },
    eventSources: [{ events: load }],
    editable: true,
    eventDurationEditable: false,
    selectable: wide.matches,
    datesSet: remember,
    eventContent: (info) => (info.event.display === "background" ? place(info.event.title) : content(info)),
    eventDragStart: () => { dragged = true; },
    eventDragStop: () => { setTimeout(() => { dragged = false; }, 50); },
    dateClick: (info) => {
      const text = info.dateStr;
      ask(text, info.allDay ? text : after(text), info.allDay);
    },
    select: (info) => ask(info.startStr, info.endStr, info.allDay),
    eventDrop: (info) => {
      const query = new URLSearchParams({ day: dayOf(iso(info.event.start)), at: timeOf(iso(info.event.start)) });
      info.revert();
      location.assign(`${info.event.extendedProps.move}?${query}`);
    },
  });
}

// The component's dates carry the wall clock in their local parts.
function iso(date) {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}:00`;
}

if (window.EventCalendar) {
  document.querySelector("#listed").hidden = true;
  document.querySelector("#drawn-hint").hidden = !wide.matches;
  draw();
}
