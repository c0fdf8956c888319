/**
 * The composer: what is typed becomes a draft, the draft is shown as the audience will read it, and published.
 *
 * 1. Nothing is sent but by Publish: no timer, no return of the network sends a line.
 * 2. The words go only after the desk has said that it has them.
 */

import { LostError, RefusedError } from "./api.js";
import { checkChoices, choose, chosen, editionChoices, roleChoices, urgencyChoices } from "./choices.js";
import { ask } from "./confirm.js";
import { $, fault, grow } from "./dom.js";
import { DraftSlot, emptyDraft, newKey } from "./draft.js";
import { current, say, t } from "./i18n.js";
import { bodyOf, missing, oneLine } from "./line.js";
import { parts, showDraft } from "./preview.js";
import { splitAsTyped } from "./split.js";
import { Suggestions } from "./suggestions.js";

/** How long typing must pause before the desk is asked what it thinks of the line. */
const PAUSE = 600;

/** @typedef {import("./board.js").Item} Item */

export class Composer {
  #site;
  #desk;
  #onPublished;
  #onExpired;
  /** @type {HTMLTextAreaElement} */
  #line = $("line");
  /** @type {import("./draft.js").Draft} */
  #draft;
  /** @type {DraftSlot | null} */
  #slot = null;
  #owner = "";
  #allowed = false;
  /** A line is on its way, or its question stands: a second press does nothing. */
  #busy = false;
  #suggestions;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  #checking = new AbortController();

  /**
   * @param {import("./line.js").Site} site
   * @param {import("./api.js").Desk} desk
   * @param {(item: Item, sent: number) => void} onPublished
   * @param {() => void} onExpired
   */
  constructor(site, desk, onPublished, onExpired) {
    this.#site = site;
    this.#desk = desk;
    this.#onPublished = onPublished;
    this.#onExpired = onExpired;
    this.#draft = this.#fresh(Object.keys(site.editions)[0] ?? "en");
    editionChoices($("edition"), site.editions);
    urgencyChoices($("urgency"));
    checkChoices($("sections"), "sections", site.sections);
    checkChoices($("places"), "places", site.places);
    roleChoices($("role"), site.roles);
    const language = () => this.#edition.language;
    this.#suggestions = new Suggestions(this.#line, $("line-sources"), site.sources, language, (label) => {
      this.#line.value = `${label}: `;
      this.#line.setSelectionRange(this.#line.value.length, this.#line.value.length);
      this.#typed();
    });
    this.#listen();
  }

  get #edition() {
    return (
      this.#site.editions[this.#draft.edition] ?? {
        language: this.#draft.edition,
        direction: "auto",
        name: "",
      }
    );
  }

  /** Whether there are words that are not published. */
  get holdsText() {
    return this.#draft.line.trim() !== "";
  }

  /**
   * Opens the composer for who is signed in, with what they had not published.
   * @param {{name: string, role: string}} user
   */
  async enter(user) {
    this.#allowed = user.role === "editor" || user.role === "chief";
    $("not-yours").hidden = this.#allowed;
    $("publish").setAttribute("aria-disabled", String(!this.#allowed));
    if (user.name === this.#owner) return;
    this.#slot?.close();
    this.#owner = user.name;
    this.#slot = await DraftSlot.open(user.name);
    this.#draft = this.#slot.load(this.#fresh(this.#firstEdition()));
    if (!Object.hasOwn(this.#site.editions, this.#draft.edition)) this.#draft.edition = this.#firstEdition();
    this.#fill();
    if (this.holdsText) say($("outcome"), this.#draft.attempted ? "outcome.attempted" : "outcome.found");
  }

  focus() {
    grow(this.#line);
    this.#line.focus();
  }

  /** The network or the desk went away: says that nothing goes out by itself. */
  away() {
    if (this.holdsText && !this.#busy && !$("outcome").dataset.t) say($("outcome"), "outcome.offline");
  }

  /** The desk is there again: takes back what `away` said. */
  back() {
    if ($("outcome").dataset.t === "outcome.offline") this.#outcome("");
  }

  nextEdition() {
    const ids = Object.keys(this.#site.editions);
    this.#choose(ids[(ids.indexOf(this.#draft.edition) + 1) % ids.length] ?? this.#draft.edition);
  }

  /** @param {number} urgency */
  urgency(urgency) {
    this.#draft.urgency = urgency;
    choose($("urgency"), [String(urgency)]);
    this.#changed();
  }

  turn() {
    this.#draft.direction = this.#draft.direction === "rtl" ? "ltr" : "rtl";
    this.#changed();
  }

  async publish() {
    if (this.#busy) return;
    this.#suggestions.close();
    if (!this.#allowed) return say($("outcome"), "reporter");
    this.#busy = true;
    try {
      if (this.#complete() && (await this.#sure())) await this.#send();
    } finally {
      this.#busy = false;
    }
  }

  async #send() {
    const draft = this.#draft;
    const before = draft.attempted;
    draft.attempted = true;
    this.#save();
    clearTimeout(this.#pause);
    this.#checking.abort();
    this.#outcome("outcome.sending");
    // What is typed now would vanish with the published line.
    this.#line.readOnly = true;
    const sent = performance.now();
    try {
      const { item } = await this.#desk.publish(bodyOf(draft, this.#site), draft.key);
      this.#draft = this.#fresh(draft.edition);
      this.#fill();
      this.#outcome("outcome.done");
      this.#onPublished(item, sent);
    } catch (error) {
      // 503 leaves open what the stream has done; anything below is a plain no.
      if (error instanceof RefusedError && error.status < 500) draft.attempted = before;
      this.#failed(error, before);
    } finally {
      this.#line.readOnly = false;
      this.#save();
    }
    if (!$("signin").hidden) return;
    if ($("retry").hidden && !$("composer").querySelector("[aria-invalid]")) this.focus();
  }

  /**
   * @param {unknown} error
   * @param {boolean} attempted before this attempt
   */
  #failed(error, attempted) {
    if (error instanceof LostError) {
      this.#outcome(!navigator.onLine && !attempted ? "outcome.offline" : "outcome.lost");
      $("retry").hidden = false;
    } else if (error instanceof RefusedError && error.status === 401) {
      this.#outcome("outcome.found");
      this.#onExpired();
    } else if (error instanceof RefusedError && error.kind === "key-reused") {
      // The first attempt had arrived after all, and the words were changed since.
      this.#draft.key = newKey();
      this.#draft.attempted = false;
      this.#outcome("outcome.changed");
    } else if (error instanceof RefusedError) {
      const placed = this.#faults(error, true);
      const detail = error.detail || t("error.unknown", { status: error.status });
      this.#outcome(placed ? "outcome.fields" : "outcome.refused", { detail });
      $("retry").hidden = placed;
    } else throw error;
  }

  /** Whether nothing is missing; says what is, and goes there. */
  #complete() {
    const lack = missing(this.#draft, this.#site);
    if (!lack) return true;
    const { source } = splitAsTyped(this.#draft.line, this.#site.sources);
    const [field, place] = lack === "role.missing" ? ["role", "role-error"] : ["line", "line-error"];
    fault($(field), $(place), t(lack, { source: source ?? "" }));
    $(field).focus();
    return false;
  }

  /** Whether a flash is meant; anything else goes directly. */
  #sure() {
    if (this.#draft.urgency !== 1) return true;
    return ask({
      title: "confirm.title",
      words: "confirm.words",
      yes: "confirm.yes",
      params: { urgency: { t: "urgency.1" }, edition: this.#edition.name },
      line: {
        parts: parts(this.#draft, this.#site),
        language: this.#edition.language,
        direction: this.#draft.direction,
      },
    });
  }

  /**
   * Shows what the desk refused beside what it is about; true if everything found its place.
   * @param {RefusedError} error
   * @param {boolean} go moves the focus there
   */
  #faults(error, go) {
    /** @type {Record<string, string>} */
    const places = { text: "line", headline: "line", infoSources: "line", role: "role", link: "link" };
    let placed = error.errors.length > 0;
    let first = true;
    for (const { field, message } of error.errors) {
      const id = places[field.split(/[.[]/u, 1)[0] ?? ""];
      if (!id || (id === "role" && $("role-field").hidden)) {
        placed = false;
        continue;
      }
      if (id === "link") $("more").open = true;
      fault($(id), $(`${id}-error`), message);
      if (go && first) this.#show(id, message);
      first = false;
    }
    return placed;
  }

  /**
   * @param {string} id
   * @param {string} message a refused character in it is shown by selecting it
   */
  #show(id, message) {
    $(id).focus();
    const code = /U\+([0-9A-F]{4,6})/u.exec(message)?.[1];
    const character = code && id === "line" ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
    const place = character ? this.#line.value.indexOf(character) : -1;
    if (place >= 0) this.#line.setSelectionRange(place, place + character.length);
  }

  /**
   * @param {string} key
   * @param {import("./i18n.js").Params} [params]
   */
  #outcome(key, params = {}) {
    $("retry").hidden = true;
    say($("outcome"), key, params);
    $("outcome").dataset.kind = key;
  }

  #listen() {
    const form = /** @type {HTMLFormElement} */ ($("composer"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.publish();
    });
    $("retry").addEventListener("click", () => this.publish());
    $("direction").addEventListener("click", () => this.turn());
    $("discard").addEventListener("click", () => this.#discard());
    this.#line.addEventListener("input", () => this.#typed());
    this.#line.addEventListener("keydown", (event) => {
      // A line has no breaks: Enter alone does nothing, so that it cannot be the key that publishes by accident.
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing)
        event.preventDefault();
    });
    form.addEventListener("change", (event) => {
      if (event.target === this.#line) return;
      const edition = chosen($("edition"))[0];
      if (edition && edition !== this.#draft.edition) return this.#choose(edition);
      this.#draft.urgency = Number(chosen($("urgency"))[0] ?? this.#draft.urgency);
      this.#draft.role = $("role").value;
      this.#draft.sections = chosen($("sections"));
      this.#draft.places = chosen($("places"));
      this.#changed();
    });
    $("link").addEventListener("input", () => {
      this.#draft.link = $("link").value;
      this.#changed();
    });
  }

  async #discard() {
    if (this.#busy || !this.holdsText) return this.focus();
    if (await ask({ title: "discard.title", words: "discard.words", yes: "discard.yes" })) {
      this.#draft = this.#fresh(this.#draft.edition);
      this.#fill();
      this.#outcome("");
      this.#save();
    }
    this.focus();
  }

  /** @param {string} edition */
  #choose(edition) {
    this.#draft.edition = edition;
    this.#draft.direction = this.#edition.direction;
    choose($("edition"), [edition]);
    this.#changed();
  }

  #typed() {
    const line = oneLine(this.#line.value);
    if (line !== this.#line.value) this.#line.value = line;
    this.#draft.line = line;
    this.#suggestions.typed();
    if (["outcome.done", "outcome.refused", "outcome.fields"].includes($("outcome").dataset.t ?? ""))
      this.#outcome("");
    this.#changed();
  }

  #changed() {
    fault(this.#line, $("line-error"), "");
    fault($("role"), $("role-error"), "");
    fault($("link"), $("link-error"), "");
    this.#render();
    this.#save();
    this.#checkSoon();
  }

  #save() {
    if (this.#slot && !this.#slot.save(this.#draft) && this.holdsText && !$("outcome").dataset.t)
      say($("outcome"), "outcome.unkept");
  }

  /** Asks the desk, after a pause, what it would say to this line, so that a refusal comes before the moment it hurts. */
  #checkSoon() {
    clearTimeout(this.#pause);
    this.#checking.abort();
    say($("checked"), "");
    if (!this.#allowed || missing(this.#draft, this.#site)) return;
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    this.#pause = setTimeout(async () => {
      try {
        await this.#desk.check(bodyOf(this.#draft, this.#site), signal);
        if (!signal.aborted) say($("checked"), "checked.good");
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LostError) say($("checked"), "checked.away");
        else if (error instanceof RefusedError && error.status === 422) this.#faults(error, false);
      }
    }, PAUSE);
  }

  /** Puts the draft into the fields. */
  #fill() {
    this.#line.value = this.#draft.line;
    $("role").value = this.#draft.role;
    $("link").value = this.#draft.link;
    choose($("edition"), [this.#draft.edition]);
    choose($("urgency"), [String(this.#draft.urgency)]);
    choose($("sections"), this.#draft.sections);
    choose($("places"), this.#draft.places);
    $("more").open =
      this.#draft.link !== "" || this.#draft.sections.length > 0 || this.#draft.places.length > 0;
    this.#changed();
  }

  #render() {
    this.#line.dir = this.#draft.direction;
    this.#line.lang = this.#edition.language;
    grow(this.#line);
    showDraft(this.#draft, this.#site);
  }

  /** The edition in the language of the interface, where there is one. */
  #firstEdition() {
    const ids = Object.keys(this.#site.editions);
    return ids.find((id) => this.#site.editions[id]?.language === current()) ?? ids[0] ?? "en";
  }

  /** @param {string} edition */
  #fresh(edition) {
    return emptyDraft(edition, this.#site.editions[edition]?.direction ?? "auto");
  }
}
