// The npm package eventsource, which reconnects and sends the cursor by itself.
import { EventSource } from "eventsource";

const source = new EventSource(`${process.argv[2]}/v1/live?edition=en`);
for (const type of ["snapshot", "replay", "item"])
  source.addEventListener(type, ({ data }) => console.log(data));
// While it waits to reconnect, nothing else keeps Node.js running.
setInterval(() => {}, 60_000);
