// The menus in unfold's bar of actions are links without an address, which no key reaches: make them buttons.
document.addEventListener("DOMContentLoaded", () => {
  for (const menu of document.querySelectorAll("[x-ref^=actionDropdown] > a:not([href])")) {
    menu.tabIndex = 0;
    menu.setAttribute("role", "button");
    menu.setAttribute("aria-haspopup", "true");
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      menu.click();
    });
  }
  // Narrow lists repeat the head of a column in each row; unfold would begin each word of it with a capital.
  for (const cell of document.querySelectorAll("#changelist [data-label]")) {
    const label = cell.dataset.label;
    cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
  }
});
