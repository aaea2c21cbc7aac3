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
});
