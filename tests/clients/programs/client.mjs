// The npm package in Node.js: prints each message as a line of JSON, and keeps its cursor in a file.
import { follow } from "@flashwire/client";
import { fileCursors } from "@flashwire/client/node";

const [path, url] = process.argv.slice(2);
for await (const event of follow(url, { edition: "en", cursors: fileCursors(path) }))
  if (event.type !== "state") console.log(JSON.stringify(event));
