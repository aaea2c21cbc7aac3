// Comfort for every page; nothing here is needed to use it.
// data-focus: takes the focus on load (error summaries). data-copy="#id": copies that field's value.
// data-dialog="#id": opens a native dialog; data-close inside it closes it. data-print: prints.
// form[data-once]: a second click on submit does nothing.

document.querySelector("[data-focus]")?.focus();

for (const element of document.querySelectorAll("[data-needs-js]")) element.hidden = false;

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-copy], [data-dialog], [data-close], [data-print]");
  if (!target) return;
  if (target.dataset.copy) {
    const source = document.querySelector(target.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    const before = target.textContent;
    target.textContent = target.dataset.copied;
    setTimeout(() => { target.textContent = before; }, 2500);
  } else if (target.dataset.dialog) {
    const dialog = document.querySelector(target.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  } else if ("close" in target.dataset) {
    target.closest("dialog")?.close();
  } else {
    window.print();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  event.submitter?.classList.add("is-busy");
});

// Back from the next page: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll(".is-busy")) button.classList.remove("is-busy");
});
