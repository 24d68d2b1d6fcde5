// Writes each built file compressed beside itself, so that the server compresses nothing.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist", import.meta.url).pathname;
/** What shrinks; fonts and pictures are compressed already. */
const TEXTS = new Set([".css", ".html", ".js", ".json", ".svg", ".txt"]);
/** Below this a compressed answer is no smaller. */
const LEAST_BYTES = 512;

for (const name of readdirSync(DIST, { recursive: true })) {
  const path = join(DIST, String(name));
  if (!statSync(path).isFile() || !TEXTS.has(extname(path))) continue;
  const bytes = readFileSync(path);
  if (bytes.length < LEAST_BYTES) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
