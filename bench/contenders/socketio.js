'use strict';
// A Socket.IO server with the Redis-streams adapter, or the editor beside it.
// Usage: node socketio.js <listening socket, a number> <path of Redis's socket> server|editor
//
// The server has the clients. The editor has none: what is posted to it is emitted to everybody, which its adapter
// writes to the stream that the server reads. So each item goes through Redis, as with several nodes.

const http = require('http');
const { Server } = require('socket.io');
const { createClient } = require('redis');
const { createAdapter } = require('@socket.io/redis-streams-adapter');

async function main(number, path, role) {
  const client = createClient({ socket: { path } });
  client.on('error', (error) => console.error(error.message));
  await client.connect();
  const web = http.createServer((request, response) => {
    if (request.method !== 'POST' || role !== 'editor') {
      response.writeHead(404).end();
      return;
    }
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      io.emit('item', JSON.parse(Buffer.concat(parts).toString()));
      response.writeHead(204).end();
    });
  });
  const io = new Server({
    adapter: createAdapter(client),
    // Neither polling first nor a client to download: everybody comes as a WebSocket.
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: { kept: true, anew: { serverNoContextTakeover: true, threshold: 0 } }[process.env.DEFLATE] ?? false,
  });
  if (role === 'server') {
    io.attach(web);
    // "Performance tuning" in its documentation: the first request of each connection is not kept.
    io.engine.on('connection', (raw) => {
      raw.request = null;
    });
  }
  web.listen({ fd: Number(number) });
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
