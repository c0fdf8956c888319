'use strict';
// ws, broadcasting as its README does: every open client gets the text that was posted.
// Usage: node ws.js <listening socket, a number>

const http = require('http');
const { WebSocket, WebSocketServer } = require('ws');

const server = http.createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/publish') {
    response.writeHead(404).end();
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const data = Buffer.concat(parts);
    wss.clients.forEach((client) => {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
    });
    response.writeHead(204).end();
  });
});

// Deflating, off by default, would compress each message once for each client.
const wss = new WebSocketServer({ server, path: '/live', perMessageDeflate: false });
wss.on('connection', (client) => client.on('error', () => {}));
server.listen({ fd: Number(process.argv[2]) });
