// Questions that depend on an answer: shown when it fits, hidden otherwise. Without this file each says when it applies.
const asked = [...document.querySelectorAll("[data-after]")];
const form = asked[0]?.closest("form");

function answersTo(name) {
  const fields = [...form.querySelectorAll(`[name="${name}"]`)];
  const chosen = fields.filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked);
  return chosen.map((field) => field.value).filter(Boolean);
}

function update() {
  const hidden = new Set();
  for (const block of asked) {
    const { after, is } = block.dataset;
    const answers = hidden.has(after) ? [] : answersTo(after);
    block.hidden = is ? !answers.includes(is) : answers.length === 0;
    if (block.hidden) for (const field of block.querySelectorAll("[name]")) hidden.add(field.name);
  }
}

if (form) {
  for (const hint of form.querySelectorAll("[data-condition]")) hint.hidden = true;
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  window.addEventListener("pageshow", update);
  update();
}
