// The world outside of the server: takes events, is out of order, or breaks off before it answers.

import { createServer, type Server } from "node:http";

export interface Outside {
  url: string;
  /** The host and the port, as the rules of the network name them. */
  host: string;
  end: () => Promise<void>;
}

/** Listens on this machine. `/orders` breaks off, `/down` answers 503, all else takes what comes. */
export function outside(): Promise<Outside> {
  const server: Server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (request.url?.endsWith("/orders")) request.socket.destroy();
      else response.writeHead(request.url?.endsWith("/down") ? 503 : 200).end();
    });
  });
  return new Promise((found, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address !== "object" || !address) return failed(new Error("no port"));
      const host = `127.0.0.1:${address.port}`;
      found({
        url: `http://${host}`,
        host,
        end: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
