// A receiver of webhooks that verifies with the public package `standardwebhooks` of npm, which lies in the folder
// that it is told. It speaks as `receiver.py` does.

const http = require("node:http");
const { createRequire } = require("node:module");
const readline = require("node:readline");

const { Webhook } = createRequire(`${process.argv[2]}/receiver.cjs`)("standardwebhooks");
const say = (what) => console.log(JSON.stringify(what));
let secret;

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces).toString("utf8");
    let verified = true;
    try {
      new Webhook(secret).verify(body, request.headers);
    } catch (error) {
      verified = `${error}`;
    }
    response.writeHead(204).end();
    say({ verified, id: request.headers["webhook-id"], body: JSON.parse(body) });
  });
});

server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));

const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
  const told = JSON.parse(line);
  if (told.secret !== undefined) {
    secret = told.secret;
    say({ ready: true });
  } else {
    const { secret: key, id, timestamp, body } = told.sign;
    say({ signature: new Webhook(key).sign(id, new Date(timestamp * 1000), body) });
  }
});
input.on("close", () => process.exit(0));
