// Cold starts under Lambda's conditions: one processor during initialization, the memory size's share of it from the
// first event, and services with 10 ms latency each way.
// As root on Linux: `npm run bench -- lambda [rounds] [latency]`; default 21 rounds.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyHandler, handlersOf, MEDIANS, medians } from "./candidates.ts";
import { coldStart } from "./cold-start.ts";
import { type Confinement, confine } from "./confinement.ts";
import { markdown, takeTurns } from "./measure.ts";
import { runtimeClient } from "./runtime-client.ts";
import { startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SIZES = [512, 1_024, 1_769];

/**
 * A script that Node loads first to make loopback services behave like AWS's:
 *
 * - Node trusts the local authority like a built-in one. NODE_EXTRA_CA_CERTS would also make Node load its root
 *   certificates in another thread at startup, while on Lambda it loads them for the first connection.
 * - Connections open after the time that TCP's handshake takes with that latency.
 */
function distantEnvironment(authorityFile: string, folder: string, delayMs: number): Record<string, string> {
  const script = join(folder, "distant.cjs");
  writeFileSync(
    script,
    `const tls = require("node:tls");
const authority = require("node:fs").readFileSync(${JSON.stringify(authorityFile)}, "utf8");
const { createSecureContext } = tls;
tls.createSecureContext = (options) => {
  const secureContext = createSecureContext(options);
  secureContext.context.addCACert(authority);
  return secureContext;
};
const { TCP } = process.binding("tcp_wrap");
for (const name of ["connect", "connect6"]) {
  const connect = TCP.prototype[name];
  TCP.prototype[name] = function (request, ...rest) {
    const { oncomplete } = request;
    request.oncomplete = function (...result) {
      setTimeout(() => oncomplete.apply(this, result), ${2 * delayMs});
    };
    return connect.call(this, request, ...rest);
  };
}
`,
  );
  return { NODE_OPTIONS: `--require=${script}`, NODE_EXTRA_CA_CERTS: "" };
}

const [rounds = "21", distance = "10"] = process.argv.slice(2);
const delayMs = Number(distance);
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices(delayMs);
const confinements: Confinement[] = [];
try {
  const environment = { ...services.settings, ...distantEnvironment(services.authorityFile, folder, delayMs) };
  const handlers = [emptyHandler(folder), ...(await handlersOf(join(ROOT, "dist"), environment))];
  const candidates = SIZES.flatMap((size) => {
    const confinement = confine(size);
    confinements.push(confinement);
    return handlers.map((handler) => ({ ...handler, beforeEvent: confinement.enter }));
  });
  const taken = await takeTurns({
    candidates,
    rounds: Number(rounds),
    prepare: () => undefined,
    measure: (candidate) => coldStart(client, candidate),
  });
  const rows = SIZES.flatMap((size, block) =>
    handlers.map(({ name }, index) => {
      const first = block * handlers.length;
      return [String(size), name, ...medians(taken[first + index], taken[first])];
    }),
  );
  console.log(markdown(["MB", "handler", ...MEDIANS], rows));
} finally {
  for (const { close } of confinements) close();
  await services.close();
  rmSync(folder, { recursive: true });
}
