// The heap of an environment after each 100,000 of a million reviews of different tokens, hosts,
// identities, sessions, instances and callers: `npm run bench -- memory [thousands]`. The function
// runs from its sources, with services in memory.

import { hash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cacheProofs } from "../../functions/authenticator/aws/lazy.ts";
import type { AskSts } from "../../functions/authenticator/identity/prove-identity.ts";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { SERVICES } from "../../functions/aws/services.ts";
import { fault } from "../../functions/errors.ts";
import { guard } from "../../functions/lib/guard.ts";
import { TimedOut } from "../../functions/lib/retry.ts";
import type { FetchParameters } from "../../functions/parameters/parameter-cache.ts";
import {
  errorBody,
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  PREFIX,
  reviewBody,
} from "../functions/authenticator/fixtures.ts";
import {
  claimsOf,
  EC_JWK,
  keySetBody,
  minted,
  signedTokensWith,
} from "../functions/authenticator/jwt/mint.ts";
import { tokenWith } from "../functions/authenticator/token/samples.ts";
import { guarded } from "../functions/guards.ts";
import { markdown } from "./measure.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const STEP = 100_000;
const total = Number(process.argv[3] ?? 1_000) * 1_000;

const roleArn = (name: string) => `arn:aws:iam::${HOME}:role/${name}`;
const stored: Readonly<Record<string, unknown>> = {
  callers: [
    { name: "token", sha256: hash("sha256", "x".repeat(43), "hex") },
    { name: "iam", arn: roleArn("Caller") },
  ],
  [`role/${HOME}/developers`]: { arn: roleArn("Developers"), username: "dev:{SessionName}" },
  [`role/${HOME}/node`]: { arn: roleArn("Node"), username: "system:node:{EC2PrivateDNSName}" },
};
const services = fakeServices({});
const { clock } = services;
/** Of the review that runs. */
let at = 0;
const isFar = () => at % 3 === 0;
/** STS is silent for 2 s after that, for the host. */
const fails = () => at % (isFar() ? 4 : 1_009) === 0;

/** The access key tells the identity: a refused one, a caller, a node, or one with or without a mapping. */
function identityOf(key: string) {
  const kind = key.slice(4, 8);
  if (kind === "JUNK") return undefined;
  const name = { CALL: "Caller", NODE: "Node", DEVS: "Developers" }[kind] ?? `Role${key}`;
  const session =
    kind === "NODE"
      ? `i-0${key
          .slice(4)
          .toLowerCase()
          .replace(/[^0-9a-f]/g, "a")}`
      : key;
  const [account, userId] = [HOME, `AROA${kind}:${session}`];
  return { account, userId, arn: `arn:aws:sts::${HOME}:assumed-role/${name}/${session}` };
}

const settleSts = (cause: unknown): never => {
  throw fault("sts_unreachable", "no answer", { cause });
};
const askSts = guard<Parameters<AskSts>[0], Awaited<ReturnType<AskSts>>>(
  SERVICES.sts,
  {
    async send({ accessKeyId }) {
      if (fails()) throw new TimedOut("silent");
      const identity = identityOf(accessKeyId);
      return identity === undefined
        ? { status: 403, body: errorBody("InvalidClientTokenId"), requestId: "r" }
        : { status: 200, body: identityBody(identity), requestId: "r" };
    },
    settle: settleSts,
    keyOf: ({ host }) => host,
    isRetryable: () => false,
  },
  clock,
);
const read: FetchParameters = async (names) => {
  if (at % 11 === 0) throw fault("parameters_unavailable", "throttled");
  const found = names.flatMap((name) => {
    const value = stored[name.slice(PREFIX.length + 1)];
    return value === undefined
      ? []
      : [[name, { value: JSON.stringify(value), secure: false }] as const];
  });
  return new Map(found);
};
const issuers = { body: keySetBody(EC_JWK), reads: 0 };
const handler = handlerOf(
  {
    ...services,
    askSts,
    fetchParameters: guarded(SERVICES.parameterStore, read, clock),
    findNodeName: cacheProofs(
      async ({ sessionName }) => ({ name: `${sessionName}.internal` }),
      clock,
    ),
    signedTokens: signedTokensWith(issuers, clock),
    print: (line) => void line,
  },
  { callerAuth: "bearer" },
);
const { regionByHost } = readSettings({
  AWS_REGION: "us-east-1",
  CLUSTER_ID: "test",
  CALLER_AUTH: "none",
}).stsHosts;
const hosts = [...regionByHost].flatMap(([host, region]) =>
  region === undefined ? [] : [[host, region] as const],
);

function presigned(kind: string): string {
  const [host, region] = isFar()
    ? (hosts[at % hosts.length] ?? ["", ""])
    : ["sts.us-east-1.amazonaws.com", "us-east-1"];
  const date = new Date(clock()).toISOString().replace(/[-:]|\.\d+/g, "");
  const key = `ASIA${kind}${at.toString(36).toUpperCase().padStart(12, "0")}`;
  const changes = {
    "X-Amz-Credential": `${key}/${date.slice(0, 8)}/${region}/sts/aws4_request`,
    "X-Amz-Date": date,
    "X-Amz-Signature": hash("sha256", key),
  };
  // A host that is refused, every now and then.
  return tokenWith(changes, at % 13 === 0 ? `h${at}.${host}` : host);
}

const KINDS = ["JUNK", "DEVS", "DEVS", "ROLE", "ROLE", "NODE"];
const outcomes = new Map<string, number>();
async function review(): Promise<void> {
  at += 1;
  clock.advance(20);
  const iat = Math.floor(clock() / 1_000);
  const token =
    at % 100 === 0
      ? minted(claimsOf({ iat, exp: iat + 900, jti: `${at}` }))
      : presigned(KINDS[at % KINDS.length] ?? "");
  const bearer = at % 5 === 0 ? presigned(at % 2 ? "CALL" : "ROLE") : "x".repeat(43);
  const { json } = await handler(
    gatewayEvent(reviewBody(token), { headers: { authorization: `Bearer ${bearer}` } }),
  );
  const { status } = json as {
    status?: { authenticated?: boolean; error?: string };
    message?: string;
  };
  const text = status?.authenticated
    ? "granted"
    : ((status?.error ?? json.message)?.split(":")[0] ?? "not ours");
  outcomes.set(text, (outcomes.get(text) ?? 0) + 1);
}

const rows: string[][] = [];
for (let done = 0; done < total; ) {
  const until = Math.min(total, done + STEP);
  for (; done < until; done += 1) await review();
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  rows.push([
    done.toLocaleString("en"),
    ...[heapUsed, rss].map((bytes) => (bytes / 1e6).toFixed(1)),
  ]);
  console.error(rows.at(-1)?.join(" | "));
}
console.log(markdown(["reviews", "heap in use, MB", "resident, MB"], rows));
console.log([...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(", "));
