// The page of the snippet: where no height was chosen, it keeps as much room free as the preview needs for its first page.
// <textarea id="snippet">, <input name="height" min max>, and what <wlsm-embed> tells (docs/embed.md).

const snippet = document.querySelector("#snippet"), field = document.querySelector("input[name=height]");
let pages = 0, height = 0;

if (snippet && field && !field.value) {
  document.addEventListener("wlsm:ready", () => { pages += 1; });
  document.addEventListener("wlsm:resize", ({ detail }) => {
    if (pages !== 1 || !(detail.height > height)) return;
    height = detail.height;
    const kept = Math.min(Math.max(Math.ceil(height / 10) * 10, Number(field.min)), Number(field.max));
    snippet.value = snippet.value.replace(/data-height="\d+"/, `data-height="${kept}"`).replace(/min-height:\d+px/, `min-height:${kept}px`);
    field.placeholder = kept;
  });
}
