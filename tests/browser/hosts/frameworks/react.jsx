import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { App } from "./react-app.jsx";

/** The order that is worst for hydration: the element is defined, live and painted before React looks at it. */
await customElements.whenDefined("breaking-ticker");
while (!document.querySelector("#own").shadowRoot.querySelector("li"))
  await new Promise((done) => setTimeout(done, 20));
hydrateRoot(
  document.querySelector("#app"),
  <StrictMode>
    <App />
  </StrictMode>,
  { onRecoverableError: (error) => console.error(`hydration: ${error}`) },
);
document.body.dataset.hydrated = "";
