/**
 * The composer: what is typed becomes a draft, the draft is shown as the audience will read it, and published.
 *
 * 1. A line is first sent by Publish alone. Until its outcome is known the same request is repeated (attempt.js), and
 *    the line can be neither changed nor sent as another one.
 * 2. The words go only after the desk or the ticker has shown that they are published.
 */

import { LostError, RefusedError } from "./api.js";
import { checkChoices, choose, chosen, editionChoices, roleChoices, urgencyChoices } from "./choices.js";
import { ask } from "./confirm.js";
import { $, fault, grow } from "./dom.js";
import { DraftSlot, emptyDraft, newKey } from "./draft.js";
import { current, say, t } from "./i18n.js";
import { bodyOf, missing, oneLine } from "./line.js";
import { parts, showDraft } from "./preview.js";
import { Sending, showOutcome, showWarnings } from "./sending.js";
import { splitAsTyped } from "./split.js";
import { Suggestions } from "./suggestions.js";

/** How long typing must pause before the desk is asked what it thinks of the line. */
const PAUSE = 600;
/** @typedef {import("./board.js").Item} Item */

export class Composer {
  #site;
  #desk;
  #page;
  /** @type {HTMLTextAreaElement} */
  #line = $("line");
  /** @type {import("./draft.js").Draft} */
  #draft;
  /** @type {DraftSlot | null} */
  #slot = null;
  #owner = "";
  #allowed = false;
  #chief = false;
  /** A question stands: a second press does nothing. */
  #busy = false;
  #sending;
  /** The outcome of the last line cannot be found out any more: publishing it asks first. */
  #doubtful = false;
  #suggestions;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  #checking = new AbortController();

  /**
   * @param {import("./line.js").Site} site
   * @param {import("./api.js").Desk} desk
   * @param {import("./sending.js").Page} page
   */
  constructor(site, desk, page) {
    this.#site = site;
    this.#desk = desk;
    this.#page = page;
    this.#sending = new Sending(site, desk, page);
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

  /** Whether a line was sent and its outcome is not known. */
  get isPending() {
    return this.#sending.isPending;
  }

  /**
   * Opens the composer for who is signed in, with what they had not published.
   * @param {{name: string, role: string}} user
   */
  async enter(user) {
    this.#allowed = user.role === "editor" || user.role === "chief";
    this.#chief = user.role === "chief";
    $("not-yours").hidden = this.#allowed;
    $("publish").setAttribute("aria-disabled", String(!this.#allowed));
    if (user.name === this.#owner) return this.#sending.again();
    this.#sending.forget();
    this.#slot?.close();
    this.#owner = user.name;
    this.#slot = await DraftSlot.open(user.name);
    this.#draft = this.#slot.load(this.#fresh(this.#firstEdition()));
    if (!Object.hasOwn(this.#site.editions, this.#draft.edition)) this.#draft.edition = this.#firstEdition();
    this.#fill();
    if (this.#draft.attempted || (this.#draft.pending && this.#sending.isTooOld(this.#draft))) this.#giveUp();
    else if (this.#draft.pending) this.#send(true);
    else if (this.holdsText) say($("outcome"), "outcome.found");
  }

  focus() {
    grow(this.#line);
    this.#line.focus();
  }

  /** The network or the desk went away: says that nothing goes out by itself. */
  away() {
    if (this.holdsText && !this.isPending && !this.#busy && !$("outcome").dataset.t)
      say($("outcome"), "outcome.offline");
  }

  /** The desk is there again: takes back what `away` said, and asks for what is unknown. */
  back() {
    if ($("outcome").dataset.t === "outcome.offline") showOutcome("");
    this.#sending.again();
  }

  /** The ticker or the desk's list has this item. @param {Item} item */
  seen(item) {
    this.#sending.seen(item);
  }

  nextEdition() {
    if (this.isPending) return;
    const ids = Object.keys(this.#site.editions);
    this.#choose(ids[(ids.indexOf(this.#draft.edition) + 1) % ids.length] ?? this.#draft.edition);
  }

  /** @param {number} urgency */
  urgency(urgency) {
    if (this.isPending) return;
    this.#draft.urgency = urgency;
    choose($("urgency"), [String(urgency)]);
    this.#changed();
  }

  turn() {
    if (this.isPending) return;
    this.#draft.direction = this.#draft.direction === "rtl" ? "ltr" : "rtl";
    this.#changed();
  }

  async publish() {
    if (this.isPending) return this.#sending.isTooOld(this.#draft) ? this.#giveUp() : this.#sending.again();
    if (this.#busy) return;
    this.#suggestions.close();
    if (!this.#allowed) return say($("outcome"), "reporter");
    this.#busy = true;
    try {
      if (!this.#complete() || !(await this.#sure())) return;
      // A line is not put into a dead connection, from which it could leave later.
      if (!navigator.onLine && !(await this.#isReachable()))
        return showOutcome("outcome.offline", {}, "outcome.again");
    } finally {
      this.#busy = false;
    }
    await this.#send(false);
  }

  /**
   * Sends the draft and waits until its outcome is known.
   * @param {boolean} resumed an earlier page has sent it
   */
  async #send(resumed) {
    const draft = this.#draft;
    clearTimeout(this.#pause);
    this.#checking.abort();
    const sent = resumed ? undefined : performance.now();
    try {
      const done = await this.#sending.publish(draft, resumed, () => this.#save());
      this.#draft = this.#fresh(draft.edition);
      this.#fill();
      this.#done(done);
      this.#page.published(done.item, sent);
    } catch (error) {
      this.#failed(error);
    }
    this.#save();
    if (!$("signin").hidden || document.querySelector("dialog[open]")) return;
    // An answer that comes late leaves the focus where the editor has taken it.
    const { activeElement } = document;
    const isFree = activeElement === document.body || $("composer").contains(activeElement);
    if (isFree && $("retry").hidden && !$("composer").querySelector("[aria-invalid]")) this.focus();
  }

  /** @param {import("./attempt.js").Done} done */
  #done({ item, warnings, wasUnknown }) {
    showWarnings(warnings);
    this.#doubtful = false;
    showOutcome(wasUnknown ? "outcome.settled" : "outcome.done");
    $("take-back").hidden = !(wasUnknown && this.#chief);
    $("take-back").dataset.uri = item.uri;
  }

  /** Nobody can find out any more what became of the line: its key is forgotten, and the editor decides. */
  #giveUp() {
    this.#sending.release();
    this.#draft.pending = null;
    this.#draft.attempted = false;
    this.#draft.key = newKey();
    this.#doubtful = true;
    showOutcome("outcome.old");
    this.#save();
  }

  #isReachable() {
    return this.#desk.ready().then(
      () => true,
      () => false,
    );
  }

  /** What the desk refused; nothing was published. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) {
      showOutcome("outcome.found");
      this.#page.expired();
    } else if (error.kind === "key-reused") {
      // An earlier wording was sent under this key.
      this.#draft.key = newKey();
      showOutcome("outcome.changed");
    } else {
      const placed = this.#faults(error, true);
      const detail = error.detail || t("error.unknown", { status: error.status });
      showOutcome(placed ? "outcome.fields" : "outcome.refused", { detail }, placed ? "" : "outcome.again");
    }
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
  async #sure() {
    const isMeant =
      !this.#doubtful || (await ask({ title: "twice.title", words: "twice.words", yes: "twice.yes" }));
    if (!isMeant || this.#draft.urgency !== 1) return isMeant;
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

  #listen() {
    const form = /** @type {HTMLFormElement} */ ($("composer"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.publish();
    });
    $("retry").addEventListener("click", () => this.publish());
    $("take-back").addEventListener("click", () => this.#page.withdraw($("take-back").dataset.uri));
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
    const { isPending, isUnknown } = this.#sending;
    if (this.#busy || !this.holdsText || (isPending && !isUnknown)) return this.focus();
    const draft = this.#draft;
    const isMeant = await ask(
      isUnknown
        ? { title: "clear.title", words: "clear.words", yes: "clear.yes" }
        : { title: "discard.title", words: "discard.words", yes: "discard.yes" },
    );
    // While the question stood, the outcome may have become known.
    if (isMeant && draft === this.#draft && isPending === this.isPending) {
      this.#sending.clear(draft);
      this.#doubtful = false;
      this.#draft = this.#fresh(draft.edition);
      this.#fill();
      showOutcome("");
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
    if (
      ["outcome.done", "outcome.settled", "outcome.refused", "outcome.fields"].includes(
        $("outcome").dataset.t ?? "",
      )
    )
      showOutcome("");
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
    showWarnings();
    if (!this.#allowed || this.isPending || missing(this.#draft, this.#site)) return;
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    this.#pause = setTimeout(async () => {
      try {
        const { warnings } = await this.#desk.check(bodyOf(this.#draft, this.#site), signal);
        if (signal.aborted) return;
        showWarnings(warnings);
        say($("checked"), warnings ? "" : "checked.good");
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
