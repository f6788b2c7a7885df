// The download of etcd, kube-apiserver and kubectl for `npm run try:cluster`, from a local server:
// with a proxy, a wrong hash, without a server, cut off, and interrupted.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { useFolder } from "../cli/fixtures.ts";

const { path: folder, write } = useFolder();
process.env["XDG_CACHE_HOME"] = join(folder, "cache");
const { findEnvtest } = await import("./binaries/envtest.ts");
const CACHE = join(folder, "cache", "lambda-iam-authenticator", "e2e");
const PROGRAM = join(import.meta.dirname, "binaries", "envtest.ts");
const PROGRAMS = ["etcd", "kube-apiserver", "kubectl"];

mkdirSync(join(folder, "controller-tools", "envtest"), { recursive: true });
for (const name of PROGRAMS) write(`controller-tools/envtest/${name}`, `#!/bin/sh\necho ${name}\n`);
execFileSync("tar", ["-czf", "envtest.tar.gz", "controller-tools"], { cwd: folder });
const archive = readFileSync(join(folder, "envtest.tar.gz"));
const sha512 = hash("sha512", archive);

const requests: string[] = [];
/** Sends half of the archive, and then nothing. */
const half: RequestListener = (_, response) => {
  response
    .writeHead(200, { "content-length": archive.length })
    .write(archive.subarray(0, Math.ceil(archive.length / 2)));
};
const server = createServer((request, response) => {
  requests.push(request.url ?? "");
  if (request.url === "/redirect") response.writeHead(302, { location: "/archive" }).end();
  else if (request.url === "/half") half(request, response);
  else if (request.url === "/cut") {
    half(request, response);
    setImmediate(() => response.destroy());
  } else if (request.url?.endsWith("/archive"))
    response.writeHead(200, { "content-length": archive.length }).end(archive);
  else response.writeHead(404).end();
}).listen(0, "127.0.0.1");
const tunnels: string[] = [];
server.on("connect", (request, socket) => {
  tunnels.push(request.url ?? "");
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  server.emit("connection", socket);
});
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const ORIGIN = `http://127.0.0.1:${port}`;

after(() => {
  server.closeAllConnections();
  server.close();
});

function start(url: string, expected = sha512, variables = {}) {
  const env = {
    PATH: process.env["PATH"],
    XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"],
    ...variables,
  };
  return spawn(process.execPath, ["--use-env-proxy", PROGRAM, url, expected], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function download(...of: Parameters<typeof start>) {
  const child = start(...of);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code, said };
}

const cached = () => (existsSync(CACHE) ? readdirSync(CACHE) : []);

test("a wrong hash stops, and nothing is unpacked", async () => {
  const { code, said } = await download(`${ORIGIN}/archive`, "0".repeat(128));
  assert.deepEqual([code, cached()], [1, []]);
  assert.match(
    said,
    new RegExp(`has the SHA-512 ${sha512},\nbut must have 0{128}\\. Nothing was unpacked\\.\n$`),
  );
});

for (const [what, path, reason] of [
  ["an archive that does not exist", "/none", "HTTP 404"],
  ["a connection that is cut off", "/cut", "other side closed"],
] as const) {
  test(`${what} cannot be downloaded, and leaves nothing`, async () => {
    const { code, said } = await download(`${ORIGIN}${path}`);
    assert.deepEqual([code, cached()], [3, []]);
    assert.match(said, new RegExp(`Cannot download ${ORIGIN}${path}: .*${reason}`));
  });
}

test("a cache that cannot be written stops, with a sentence: a build would need it, too", async () => {
  write("a-file", "");
  const { code, said } = await download(`${ORIGIN}/archive`, sha512, {
    XDG_CACHE_HOME: join(folder, "a-file"),
  });
  assert.equal(code, 1);
  assert.match(
    said,
    /^Cannot write to .*: ENOTDIR: .*\. For another folder, set XDG_CACHE_HOME\.\n$/,
  );
});

test("without a server, there is no archive", () => {
  assert.equal(findEnvtest({ url: "http://127.0.0.1:1023/archive", sha512 }), undefined);
  assert.deepEqual(cached(), []);
});

test("Ctrl-C leaves nothing", async () => {
  const child = start(`${ORIGIN}/half`);
  const ended = once(child, "close");
  for await (const said of child.stderr) {
    if (/%/.test(String(said))) child.kill("SIGINT");
  }
  assert.deepEqual([(await ended)[0], cached()], [130, []]);
});

test("the archive is downloaded through a redirect and a proxy, verified, unpacked, and kept", async () => {
  const proxied = await download("http://archive.example.com/archive", sha512, {
    HTTP_PROXY: ORIGIN,
  });
  assert.deepEqual([proxied.code, tunnels], [0, ["archive.example.com:80"]]);
  assert.match(proxied.said, /^downloading http:.*; cached in .*\n(.*%\n)*$/);
  const found = findEnvtest({ url: "http://127.0.0.1:1023/archive", sha512 }) ?? assert.fail();
  assert.deepEqual(cached(), [found.slice(CACHE.length + 1)]);
  for (const name of PROGRAMS) assert.ok(existsSync(join(found, name)));
});

test("a redirect is followed", async () => {
  const { code } = await download(`${ORIGIN}/redirect`, "0".repeat(128));
  assert.deepEqual([code, requests.at(-1)], [1, "/archive"]);
});
