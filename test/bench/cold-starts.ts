// Cold starts of the authenticator with a granted review, of the issuer and of an empty handler.
// `npm run bench -- start-up [rounds]`: default 21 rounds, with services that answer at once.
// As root on Linux, `npm run bench -- lambda [rounds] [latency]`: under Lambda's conditions. One processor during
// initialization, the memory size's share of it from the first event, and services with 10 ms latency each way.

import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/webhook.ts";
import { localIdentity } from "../local-aws.ts";
import { type Candidate, type ColdStart, coldStart, runtimeClient } from "./cold-start.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { ISSUER_KEYS, startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const EMPTY = "export const handler = async () => ({ statusCode: 200 });\n";

/** The functions of the build. The issuer's response must contain every key. */
async function handlersOf(environment: Readonly<Record<string, string>>): Promise<Candidate[]> {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const authenticator = {
    folder: join(ROOT, "dist", "authenticator"),
    event: reviewEvent(token),
    answer: ['"authenticated":true'],
  };
  return [
    { ...authenticator, name: "bearer", environment },
    { ...authenticator, name: "none", environment: { ...environment, CALLER_AUTH: "none" } },
    {
      name: "issuer",
      folder: join(ROOT, "dist", "issuer"),
      environment: { ...environment, ISSUER_URL: "https://oidc.example.com" },
      event: { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } },
      answer: ISSUER_KEYS.map(({ kid }) => `"kid":"${kid}"`),
    },
  ];
}

/**
 * A script that makes loopback services behave like AWS's. It trusts the local authority like a built-in one, since with
 * NODE_EXTRA_CA_CERTS Node loads its root certificates at startup, and on Lambda for the first connection. It delays connections
 * by the time of TCP's handshake.
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

/** "At 1,769 MB, a function has the equivalent of one vCPU": https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_OF_ONE_CPU = 1_769;
const PERIOD_US = 20_000;

/** Limits processor and memory as Lambda does. Requires root, and control groups, version 1, with `cpu` and `memory`. */
function confine(megabytes: number) {
  const cpu = `/sys/fs/cgroup/cpu/bench-${process.pid}-${megabytes}`;
  const memory = `/sys/fs/cgroup/memory/bench-${process.pid}-${megabytes}`;
  try {
    for (const folder of [cpu, memory]) mkdirSync(folder);
    writeFileSync(`${cpu}/cpu.cfs_period_us`, String(PERIOD_US));
    writeFileSync(`${cpu}/cpu.cfs_quota_us`, String(Math.round((PERIOD_US * megabytes) / MEGABYTES_OF_ONE_CPU)));
    writeFileSync(`${memory}/memory.limit_in_bytes`, String(megabytes * 2 ** 20));
  } catch (cause) {
    throw new Error("cannot create a control group: this benchmark requires root and control groups, version 1", {
      cause,
    });
  }
  return {
    size: String(megabytes),
    /** Moves a running process with all its threads into the group. */
    enter: (pid: number) => {
      for (const folder of [cpu, memory]) writeFileSync(`${folder}/cgroup.procs`, String(pid));
    },
    /** Call when no process is left in the group. */
    close: () => {
      for (const folder of [cpu, memory]) rmdirSync(folder);
    },
  };
}

const [, , name, rounds = "21", distance = "10"] = process.argv;
const isLambda = name === "lambda";
const delayMs = isLambda ? Number(distance) : 0;
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices(delayMs);
const confinements = (isLambda ? [512, 1_024, 1_769] : []).map(confine);
try {
  const distant = isLambda ? distantEnvironment(services.authorityFile, folder, delayMs) : {};
  mkdirSync(join(folder, "empty"));
  writeFileSync(join(folder, "empty", "index.mjs"), EMPTY);
  const empty = { name: "empty", folder: join(folder, "empty"), environment: {}, event: {}, answer: [] };
  const handlers = [empty, ...(await handlersOf({ ...services.settings, ...distant }))];
  const groups = isLambda ? confinements : [{ size: "all", enter: () => undefined }];
  const candidates = groups.flatMap(({ size, enter }) => {
    return handlers.map((handler) => ({ ...handler, size, beforeEvent: enter }));
  });
  const taken = await takeTurns(candidates, Number(rounds), (candidate) => coldStart(client, candidate));
  const rows = candidates.map(({ name, size, folder }, at) => {
    const source = readFileSync(join(folder, "index.mjs"));
    const sizes = [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
    const base = taken[at - (at % handlers.length)] ?? [];
    return [size, name, ...sizes, ...medians(taken[at] ?? [], base)];
  });
  console.log(markdown(["MB", "handler", "kB", "gzip", "init", "first invoke", "both", "ratio (quartiles)"], rows));
} finally {
  for (const { close } of confinements) close();
  await services.close();
  rmSync(folder, { recursive: true });
}

/** Medians of a candidate in ms, and its ratio to another one in the same round. */
function medians(own: readonly ColdStart[], base: readonly ColdStart[]): string[] {
  const sums = (starts: readonly ColdStart[]) => starts.map(({ init, invoke }) => init + invoke);
  const times = [own.map(({ init }) => init), own.map(({ invoke }) => invoke), sums(own)];
  return [...times.map((ms) => median(ms).toFixed(0)), ratioCell(sums(own), sums(base))];
}
