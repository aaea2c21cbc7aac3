// Tells the server the browser's time zone once, by the cookie `tz`, and reloads only if times on this page
// are shown in another zone: <div data-zone="Europe/Berlin">. A zone chosen by hand is never overwritten.

const known = () => /(?:^|; )tz=/.test(document.cookie);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && !known()) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `tz=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  const shown = document.querySelector("[data-zone]")?.dataset.zone;
  if (shown && shown !== zone && known()) location.reload();
}
