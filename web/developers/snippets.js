/** The same subscription as a command or a program, to copy. */

/** @typedef {"ws" | "sse" | "json"} Transport */

/** @param {string} text */
const quoted = (text) => JSON.stringify(text);

/** For a shell: in single quotes nothing has a meaning. @param {string} text */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The texts for curl, JavaScript and Python.
 * @param {Transport} transport @param {URL} url the stream with its filter
 */
export function examples(transport, url) {
  const address = url.href;
  return { curl: curl(transport, url), js: JS[transport](address), python: python(url) };
}

/** @param {Transport} transport @param {URL} url */
function curl(transport, url) {
  if (transport === "json") {
    const waiting = new URL(url);
    waiting.searchParams.set("wait", "30");
    return `curl ${shell(waiting.href)}`;
  }
  const note =
    transport === "ws" ? "# The same messages as server-sent events, which every curl can read.\n" : "";
  return `${note}curl --no-buffer -H 'Accept: text/event-stream' ${shell(url.href)}`;
}

/** @type {Record<Transport, (address: string) => string>} */
const JS = {
  ws: (address) => `const socket = new WebSocket(${quoted(address.replace(/^http/, "ws"))});
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  console.log(message.type, message.cursor, message.items ?? message.item);
};`,
  sse: (address) => `const events = new EventSource(${quoted(address)});
for (const type of ["snapshot", "replay", "item"])
  events.addEventListener(type, ({ data }) => {
    const message = JSON.parse(data);
    console.log(message.type, message.cursor, message.items ?? message.item);
  });`,
  json: (address) => `const url = new URL(${quoted(address)});
for (;;) {
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  const message = await answer.json();
  console.log(message.type, message.cursor, message.items);
  url.searchParams.set("cursor", message.cursor);
  url.searchParams.set("wait", "30");
}`,
};

/** The Python client takes any transport and reconnects. @param {URL} url */
function python(url) {
  const base = url.href.slice(0, url.href.indexOf("/v1/live"));
  const parameters = [...url.searchParams].map(
    ([name, value]) => `${name}=${/^[0-9]+$/.test(value) ? value : quoted(value)}`,
  );
  return `import asyncio

from flashwire.client import Item, follow


async def main() -> None:
    async with follow(${[quoted(base), ...parameters].join(", ")}) as events:
        async for event in events:
            for item in event.items:
                if isinstance(item, Item):
                    print(item.info_sources[0].name.value, item.headline.value)


asyncio.run(main())`;
}
