/**
 * The form of one act on one item: prefilled with what is on the wire, it sends what was changed and the version
 * that the editor saw. When somebody was faster, both wordings stand side by side and nothing typed is lost.
 */

import { RefusedError } from "./api.js";
import { Attempt, isAct } from "./attempt.js";
import { NOTE_REQUIRED, TEXT_ACTS } from "./board.js";
import { roleChoices, URGENCIES } from "./choices.js";
import { ask } from "./confirm.js";
import { fault, grow, h } from "./dom.js";
import { newKey } from "./draft.js";
import { say, t } from "./i18n.js";
import { actBody, oneLine } from "./line.js";
import { lineOf } from "./rows.js";
import { findSource } from "./split.js";

/** @typedef {import("./board.js").Item} Item */
/**
 * @typedef {{site: import("./line.js").Site, desk: import("./api.js").Desk, newest: (uri: string) => Promise<Item | undefined>,
 *   keep: (act: import("./kept-acts.js").KeptAct) => void, drop: (act: import("./kept-acts.js").KeptAct) => void,
 *   done: (item: Item, sent: number | undefined) => void, closed: () => void, expired: () => void,
 *   isOwner: () => Promise<boolean>}} Around
 *   What a form needs of the page: `newest` brings the version that was faster, `closed` gives the focus back, `keep`
 *   and `drop` hold the request through a reload for as long as its outcome is unknown.
 */

let forms = 0;

export class ActForm {
  element;
  #act;
  /** The version that this form replaces. @type {Item} */
  #base;
  /** A version that came while the form was open. @type {Item | null} */
  #faster = null;
  #around;
  #id = `act${++forms}`;
  /** As the composer's: one key until it is done, so that a repeat after a lost answer is no second act. */
  #key = newKey();
  #busy = false;
  /** The act that is on its way, or whose outcome is unknown. @type {Attempt | null} */
  #attempt = null;
  /** @type {import("./kept-acts.js").KeptAct | null} */
  #request = null;
  #cancel = h("button", { type: "button" });
  #source = h("input", { autocomplete: "off" });
  #role = h("select", { autocomplete: "off" });
  #text = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  #urgency = h("select", { autocomplete: "off" });
  #note = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  #conflict = h("div", { class: "conflict" });
  #send = h("button", { class: "main" });
  /** What became of the act; the row shows it where the form is closed before that is known. */
  status = h("p", { class: "said", role: "status" });
  #title = h("h3", { class: "act-title" });

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Around} around
   */
  constructor(item, act, around) {
    this.#act = act;
    this.#base = item;
    this.#around = around;
    this.#send.classList.toggle("danger", act === "withdraw");
    this.element = h("form", { class: "act", method: "post", novalidate: true, "data-act": act });
    this.#build();
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.element.addEventListener("keydown", (event) => this.#keydown(event));
    this.element.addEventListener("input", () => this.#typed());
  }

  get uri() {
    return this.#base.uri;
  }

  /** Whether the act was sent and its outcome is not known. */
  get isPending() {
    return this.#attempt !== null;
  }

  /** Asks now what became of the act. */
  again() {
    this.#attempt?.again();
  }

  /** Asks no more. */
  stop() {
    this.#attempt?.stop();
  }

  /** Goes on with an act that an earlier page has sent. @param {import("./kept-acts.js").KeptAct} request */
  resume(request) {
    return this.#settle(request, true);
  }

  focus() {
    const field = TEXT_ACTS.has(this.#act) ? this.#text : this.#note;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    grow(field);
  }

  /** A newer version is on the wire while this form is open: shows it beside what is typed. @param {Item} item */
  overtaken(item) {
    if (this.#request && this.#attempt) {
      if (isAct(item, this.#request.version, this.#request.body)) this.#attempt.seen(item);
      return;
    }
    if (item.version <= this.#base.version || this.#busy) return;
    this.#faster = item;
    const final = item.pubStatus === "canceled";
    const words = h("p", { role: "alert" });
    say(words, final ? "act.faster.final" : "act.faster", { version: item.version });
    const theirs = h("h4");
    say(theirs, "act.theirs", { version: item.version });
    const theirLine = h("p", {
      class: "audience",
      lang: item.headline.language,
      dir: item.headline.direction,
    });
    theirLine.append(...lineOf(item));
    const mine = h("h4");
    say(mine, "act.mine");
    this.#conflict.replaceChildren(words, theirs, theirLine, mine);
    this.#send.hidden = final;
    say(this.#send, "act.over", { version: item.version });
    // Where the form is closed, the row still has to say that the act was refused.
    if (this.element.isConnected) say(this.status, "");
  }

  async send() {
    if (this.#attempt) return this.#attempt.again();
    if (this.#busy || this.#send.hidden) return;
    if (this.#faster) {
      // A choice that the button's words have named: this text, over that version.
      this.#base = this.#faster;
      this.#faster = null;
      this.#key = newKey();
      this.#rest();
    }
    const body = this.#complete();
    if (!body) return;
    this.#busy = true;
    try {
      if (this.#act === "withdraw" && !(await this.#sure())) return this.focus();
    } finally {
      this.#busy = false;
    }
    const { uri, version } = this.#base;
    await this.#settle({ uri, version, body, key: this.#key, sent: Date.now() }, false);
  }

  /**
   * Sends the act and waits until its outcome is known.
   * @param {import("./kept-acts.js").KeptAct} request
   * @param {boolean} resumed an earlier page has sent it
   */
  async #settle(request, resumed) {
    const { uri, version, body, key } = request;
    const { desk, isOwner, expired, keep, drop, done } = this.#around;
    say(this.status, "act.sending");
    this.#lock(true);
    keep(request);
    const sent = resumed ? undefined : performance.now();
    this.#request = request;
    this.#attempt = new Attempt({
      ask: () => desk.act(uri, version, body, key),
      isOwner,
      sent: request.sent,
      resumed,
      onUnknown: (repeating) => {
        say(this.status, repeating ? "act.unknown" : "act.open");
        say(this.#send, "outcome.ask");
        say(this.#cancel, "close");
      },
      onExpired: expired,
    });
    try {
      const { item } = await this.#attempt.outcome;
      this.#attempt = null;
      drop(request);
      done(item, sent);
    } catch (error) {
      this.#attempt = null;
      drop(request);
      this.#lock(false);
      this.#rest();
      if (this.#failed(error)) await this.#compare();
    }
  }

  /** @param {boolean} locked what was sent must not be changed while its outcome is unknown */
  #lock(locked) {
    for (const field of [this.#text, this.#source, this.#note]) field.readOnly = locked;
    for (const field of [this.#role, this.#urgency]) field.disabled = locked;
    if (!locked) this.#typed();
  }

  /** What is to be sent, or null where something is missing, which is said. */
  #complete() {
    const words = TEXT_ACTS.has(this.#act);
    const typed = {
      text: words ? this.#text.value.trim() : this.#base.headline.value,
      source: words ? this.#source.value.trim() : (this.#base.infoSources[0]?.name.value ?? ""),
      role: words ? this.#sourceRole() : (this.#base.infoSources[0]?.role ?? ""),
      urgency: this.#urgency.isConnected ? Number(this.#urgency.value) : this.#base.urgency,
      note: this.#note.isConnected ? this.#note.value : "",
    };
    /** @type {[HTMLElement, string][]} */
    const faults = [];
    if (!typed.text) faults.push([this.#text, t("act.text.missing")]);
    if (!typed.source) faults.push([this.#source, t("line.nosource")]);
    else if (!typed.role) faults.push([this.#role, t("role.missing", { source: typed.source })]);
    if (NOTE_REQUIRED.has(this.#act) && !typed.note.trim()) faults.push([this.#note, t("act.note.missing")]);
    for (const [field, message] of faults) this.#fault(field, message);
    const body = actBody(this.#base, typed, this.#act, this.#around.site);
    if (
      !faults.length &&
      (this.#act === "update" || this.#act === "refile") &&
      Object.keys(body).length === 1
    ) {
      faults.push([this.#text, ""]);
      say(this.status, "act.same");
    }
    faults[0]?.[0].focus();
    return faults.length ? null : body;
  }

  /**
   * Says what went wrong; true if somebody else was faster.
   * @param {unknown} error
   */
  #failed(error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) {
      say(this.status, "");
      this.#around.expired();
    } else if (error.status === 412 || error.status === 409 || error.kind === "key-reused") {
      this.#key = newKey();
      say(this.status, "act.refused", { detail: error.detail });
      return true;
    } else {
      say(this.status, "act.refused", {
        detail: error.detail || t("error.unknown", { status: error.status }),
      });
      /** @type {Record<string, HTMLElement>} */
      const places = {
        headline: this.#text,
        infoSources: this.#source,
        urgency: this.#urgency,
        note: this.#note,
      };
      for (const { field, message } of error.errors) {
        const place = places[field.split(/[.[]/u, 1)[0] ?? ""];
        if (place?.isConnected) this.#fault(place, message);
        else say(this.status, "act.refused", { detail: message });
      }
    }
    return false;
  }

  async #compare() {
    const newest = await this.#around.newest(this.#base.uri).catch(() => undefined);
    if (newest) this.overtaken(newest);
  }

  #sure() {
    const { language, direction } = this.#base.headline;
    return ask({
      title: "withdraw.title",
      words: "withdraw.words",
      yes: "withdraw.yes",
      line: { parts: lineOf(this.#base), language, direction },
    });
  }

  #build() {
    const { headline, infoSources, urgency } = this.#base;
    const why = h("p", { class: "hint" });
    say(why, `why.${this.#act}`);
    const parts = [this.#title, why, this.#conflict];
    if (TEXT_ACTS.has(this.#act)) {
      this.#text.value = headline.value;
      roleChoices(this.#role, this.#around.site.roles);
      const [first] = infoSources;
      this.#source.value = first?.name.value ?? "";
      this.#role.value = first?.role ?? "";
      if (infoSources.length === 1) {
        parts.push(
          h(
            "div",
            { class: "pair" },
            this.#field("act.source", this.#source),
            this.#field("act.role", this.#role),
          ),
        );
      }
      parts.push(this.#field("act.text", this.#text));
      if (this.#act !== "refile") parts.push(this.#urgencyField(urgency));
    }
    if (this.#act !== "update" && this.#act !== "refile") {
      parts.push(this.#field(NOTE_REQUIRED.has(this.#act) ? "act.note" : "act.note.optional", this.#note));
      if (NOTE_REQUIRED.has(this.#act)) this.#note.setAttribute("aria-required", "true");
    }
    for (const field of [this.#text, this.#source, this.#note]) {
      field.dir = headline.direction;
      field.lang = headline.language;
    }
    this.#cancel.addEventListener("click", () => this.#around.closed());
    parts.push(h("p", { class: "actions" }, this.#send, this.#cancel), this.status);
    this.element.append(...parts);
    this.#rest();
    this.#typed();
  }

  /** The form as it is when nobody was faster. */
  #rest() {
    this.#conflict.replaceChildren();
    say(this.#title, "act.version", { act: { t: `act.${this.#act}` }, version: this.#base.version });
    say(this.#send, `act.${this.#act}`);
    say(this.#cancel, "cancel");
  }

  /** @param {number} urgency */
  #urgencyField(urgency) {
    for (const each of new Set([...URGENCIES, urgency])) {
      const option = h("option", { value: String(each) });
      say(option, each <= 4 ? `urgency.${each}` : "urgency.other", { number: each });
      this.#urgency.append(option);
    }
    this.#urgency.value = String(urgency);
    return this.#field("urgency", this.#urgency);
  }

  /**
   * @param {string} key
   * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field
   */
  #field(key, field) {
    field.id = `${this.#id}-${key.replaceAll(".", "-")}`;
    field.setAttribute("aria-describedby", `${field.id}-error`);
    const label = h("label", { for: field.id });
    say(label, key);
    return h(
      "div",
      { class: "field" },
      label,
      field,
      h("p", { class: "error", id: `${field.id}-error`, role: "alert" }),
    );
  }

  /**
   * @param {HTMLElement} field
   * @param {string} message
   */
  #fault(field, message) {
    const place = document.getElementById(`${field.id}-error`);
    if (place) fault(field, place, message);
  }

  #typed() {
    for (const area of [this.#text, this.#note]) {
      const line = oneLine(area.value);
      if (line !== area.value) area.value = line;
      if (area.isConnected) grow(area);
    }
    const known = this.#known();
    this.#role.disabled = known !== undefined;
    if (known) this.#role.value = known.role;
    for (const field of [this.#text, this.#source, this.#role, this.#note]) {
      if (field.isConnected) this.#fault(field, "");
    }
  }

  /** The registered source that is named, if it is one. */
  #known() {
    const id = findSource(this.#around.site.sources, this.#source.value.trim());
    return id ? this.#around.site.sources[id] : undefined;
  }

  #sourceRole() {
    return this.#known()?.role ?? this.#role.value;
  }

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!event.repeat) this.send();
    } else if (event.key === "Escape") this.#around.closed();
    else if (!(event.key === "Enter" && event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
