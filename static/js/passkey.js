// Around allauth's passkey scripts: buttons show only where the browser can, and a refusal is said in words.

if (window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey]")) button.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // or else it goes to the console
  for (const notice of document.querySelectorAll("[data-passkey-fault]")) notice.hidden = false;
});

document.addEventListener("click", () => {
  for (const notice of document.querySelectorAll("[data-passkey-fault]")) notice.hidden = true;
});
