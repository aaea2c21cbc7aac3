// The OpenAPI document as pages one can try things in.
const place = document.getElementById("reference");
addEventListener("DOMContentLoaded", draw);
if (document.readyState !== "loading") draw();

function draw() {
  if (!place || place.childElementCount || !window.SwaggerUIBundle) return;
  window.SwaggerUIBundle({
    url: place.dataset.url,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    validatorUrl: null,
    tryItOutEnabled: true,
  });
}
