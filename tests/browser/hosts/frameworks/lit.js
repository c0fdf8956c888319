import { html, LitElement } from "lit";

/** A page inside a shadow tree. */
class LitPage extends LitElement {
  static properties = { section: {}, count: { type: Number }, isShown: { type: Boolean } };

  constructor() {
    super();
    Object.assign(this, { section: "sport", count: 0, isShown: true });
  }

  render() {
    const ticker = html`
      <breaking-ticker id="own" src="/v1/live" edition="en" section=${this.section}
        @ticker-item=${() => this.count++}></breaking-ticker>`;
    return html`
      <main>
        <h1>Lit</h1>
        <button type="button" @click=${() => (this.section = "arts")}>Arts</button>
        <button type="button" @click=${() => (this.isShown = !this.isShown)}>Toggle</button>
        <output>${this.count}</output>
        ${this.isShown ? ticker : ""}
      </main>`;
  }
}
customElements.define("lit-page", LitPage);
document.querySelector("#app").append(document.createElement("lit-page"));
