/**
 * A draft of the desk in the composer's field: another person's submission, one that came back with a note, or a
 * translation that is left to this desk.
 *
 * 1. What is in the field goes to the queue. An undo with nothing else to take back returns it.
 * 2. Publishing names the draft, so that the desk publishes it once, whoever else has opened it.
 */

import { sourceName } from "../shell/sources.js";
import { showOutcome } from "./outcome.js";
import { TIMES } from "./times.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */
/** @import { ServerDraft } from "../waiting/waiting-api.js" */
/** @import { DraftForm } from "./draft-form.js" */
/** @import { Queue } from "./queue.js" */

export class OpenedDrafts {
  #site;
  #form;
  #queue;
  #onChange;
  /** The draft that was opened last, as it was then, and what it has replaced. @type {{draft: Draft, as: string, before: Draft} | null} */
  #last = null;

  /**
   * @param {Site} site
   * @param {() => DraftForm} form
   * @param {Queue} queue
   * @param {() => void} onChange called when another draft is in the field
   */
  constructor(site, form, queue, onChange) {
    this.#site = site;
    this.#form = form;
    this.#queue = queue;
    this.#onChange = onChange;
  }

  /**
   * Puts a draft of the desk into the field, and says whose it is.
   * @param {ServerDraft} server
   * @param {string} key of the sentence
   */
  open(server, key) {
    const { draft: before } = this.#form();
    if (before.opened?.id !== server.id) this.#replace(server, before);
    const name = key.endsWith("returned") ? server.changedBy : server.by;
    showOutcome(key, { name, note: server.note ?? "–" });
    this.#form().focus();
  }

  /** @param {ServerDraft} server @param {Draft} before */
  #replace(server, before) {
    const waiting = this.#queue.drafts.find(({ opened }) => opened?.id === server.id);
    if (waiting) this.#queue.fill(this.#queue.drafts.filter((draft) => draft !== waiting));
    const draft = waiting ?? openedDraft(server, this.#form().emptyDraft(before), this.#site);
    this.#queue.edit(draft);
    this.#last = { draft, as: JSON.stringify(draft), before };
  }

  /** Takes the last opening back, unless the field has another draft by now. */
  undo() {
    const [form, last] = [this.#form(), this.#last];
    if (!last || form.draft !== last.draft) return;
    this.#last = null;
    const others = this.#queue.drafts.filter((draft) => draft !== last.before);
    // The desk has what was not changed.
    const isChanged = JSON.stringify(last.draft) !== last.as;
    this.#queue.fill(isChanged ? [last.draft, ...others] : others);
    delete last.before.isSetAside;
    form.fill(last.before);
    showOutcome("");
    this.#onChange();
  }

  /**
   * Takes over the newest version of the draft in the field, so that a change of it can be sent again.
   * @param {ServerDraft[]} drafts
   */
  handleDrafts(drafts) {
    const { opened } = this.#form().draft;
    const newest = drafts.find(({ id }) => id === opened?.id);
    if (!opened || !newest || newest.version === opened.version) return;
    opened.version = newest.version;
    showOutcome("waiting.newer", { name: newest.changedBy, note: newest.note ?? "–" });
  }
}

/** Whether the composer's one line can hold a draft of the desk. @param {ServerDraft} server */
export function isOneLine({ line }) {
  return !Array.isArray(line.infoSources) || line.infoSources.length <= 1;
}

/**
 * The composer's draft of a draft of the desk.
 * @param {ServerDraft} server
 * @param {Draft} empty
 * @param {Site} site
 * @returns {Draft}
 */
export function openedDraft({ id, version, by, edition, line, translationOf }, empty, site) {
  const { text, headline, infoSources, role, direction, urgency, sections, places, link, story, ...rest } =
    line;
  const { digitalSourceType, reviewedBy, publishAt, embargoedUntil, expires, pinnedUntil, ...further } = rest;
  const times = { publishAt, embargoedUntil, expires, pinnedUntil };
  const own = edition || empty.edition;
  const source = infoSources?.[0];
  return {
    ...empty,
    edition: own,
    line: textOf(text) || lineOf(textOf(headline), source, site.editions[own]?.language ?? "", site),
    role: String(role ?? source?.role ?? ""),
    direction: direction ?? headline?.direction ?? site.editions[own]?.direction ?? empty.direction,
    urgency: Number(urgency ?? empty.urgency),
    sections: sections ?? [],
    places: places ?? [],
    link: link ?? "",
    ...Object.fromEntries(TIMES.map((time) => [time, times[time] ?? ""])),
    story: { id: story?.id ?? "", title: textOf(story?.title) },
    digitalSourceType: digitalSourceType ?? "",
    reviewedBy: reviewedBy ?? "",
    opened: { id, version, by },
    further: { ...further, ...(translationOf ? { translationOf } : {}) },
  };
}

/**
 * @param {string} text
 * @param {{uri?: string, name?: string | {value: string}} | undefined} source
 * @param {string} language
 * @param {Site} site
 */
function lineOf(text, source, language, site) {
  const registered = source?.uri ? site.sources[source.uri] : undefined;
  const name = registered ? sourceName(registered, language).value : textOf(source?.name);
  return name ? `${name}: ${text}` : text;
}

/** A text of the API, which is a string or an object. @param {string | {value: string} | null | undefined} text */
function textOf(text) {
  return (typeof text === "string" ? text : text?.value) ?? "";
}
