// A ticker in the terminal with the npm package, in Node.js 20 or newer.
//
//     npm install @flashwire/client
//     node terminal.mjs http://127.0.0.1:8000 en en.cursor

import { follow, RefusedError } from "@flashwire/client";
import { fileCursors } from "@flashwire/client/node";

const [ticker = "http://127.0.0.1:8000", edition = "en", path = "en.cursor"] = process.argv.slice(2);
const abort = new AbortController();
process.once("SIGINT", () => abort.abort());

/** The text without characters that a terminal might take for commands. @param {string} text */
const printable = (text) => text.replace(/(?![\u200c\u200d])\p{C}/gu, "");

try {
  for await (const event of follow(ticker, { edition, cursors: fileCursors(path), signal: abort.signal })) {
    if (event.type === "gap") console.log("-- Some items may be missing here.");
    if (event.type === "state") console.log(`-- ${event.state} ${event.reason}`.trimEnd());
    const items = event.type === "snapshot" ? [...event.items].reverse() : event.items;
    for (const item of items) {
      const time = item.versionCreated.slice(11, 16);
      if (item.pubStatus === "usable")
        console.log(time, printable(`${item.infoSources[0]?.name.value}: ${item.headline.value}`));
      else console.log(time, "Removed:", item.uri, printable(item.note?.value ?? ""));
    }
  }
} catch (error) {
  if (!(error instanceof RefusedError)) throw error;
  // The edition or the address is wrong, and the sentence says how.
  console.error(error.message);
  process.exitCode = 1;
}
