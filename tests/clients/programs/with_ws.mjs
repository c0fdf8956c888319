// The npm package ws.
import WebSocket from "ws";

const address = `${process.argv[2].replace("http", "ws")}/v1/live?edition=en`;
let cursor = "";

function open() {
  const socket = new WebSocket(address + cursor);
  socket.on("message", (data) => {
    console.log(`${data}`);
    const newest = JSON.parse(data).cursor;
    if (newest) cursor = `&cursor=${newest}`;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    console.log("reopen");
    setTimeout(open, 200);
  });
}

open();
