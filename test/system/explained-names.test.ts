// `explain <name>` beside the built function: exit code 1 only if the function grants access to no
// session, IAM user or federated user of that name, in random stores.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { encodeName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type LocalIdentity, mintToken } from "../../local/identities.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { IS_ALL } from "../extent.ts";
import { localServices, startParameterStore, startSts } from "../local-aws.ts";
import { settingsOf } from "../stored-settings.ts";
import { reviewBody, V1 } from "./answers.ts";
import { startFunction } from "./bundled-function.ts";
import { stoppedClock } from "./clock.ts";
import { BUNDLE, REGION } from "./system.ts";

const PREFIX = "/iam-authenticator/local";
const ACCOUNTS = ["111122223333", "444455556666"] as const;
const NAMES = ["jane", "mary"] as const;
/** What explain is asked for. People have it in two spellings. */
const ASKED = "jane";
const SPELLINGS = ["jane", "Jane"];
const ROLES = ["Dev", "ops-1", "AWSReservedSSO_Admin_0123456789abcdef"];
const PAST = "2020-01-01T00:00:00Z";
const FUTURE = "2099-01-01T00:00:00Z";

/** A unique id, of a role or of a user. */
const idOf = (start: "AROA" | "AIDA", account: string, name: string) =>
  `${start}${account}${name.replaceAll(/\W|_/g, "").toUpperCase()}`.slice(0, 40);

/** Every session, IAM user and federated user of the name. */
const PEOPLE: readonly LocalIdentity[] = ACCOUNTS.flatMap((account) =>
  SPELLINGS.flatMap((name) => [
    ...ROLES.map((role) => ({
      arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
      userId: `${idOf("AROA", account, role)}:${name}`,
    })),
    ...["", "eng/"].map((path) => ({
      arn: `arn:aws:iam::${account}:user/${path}${name}`,
      userId: idOf("AIDA", account, name),
    })),
    { arn: `arn:aws:sts::${account}:federated-user/${name}`, userId: `${account}:${name}` },
  ]).map((person) => ({ ...person, account })),
).map((person, index) => ({
  ...person,
  name: person.arn,
  accessKeyId: `AKIALOCALPERSON${String(index).padStart(5, "0")}`,
  secretAccessKey: "local/only",
}));

const account = fc.constantFrom(...ACCOUNTS);
const notAfter = fc.constantFrom(undefined, undefined, undefined, FUTURE, PAST);
const username = fc.constantFrom("u", "x:{SessionName}", "{AccountID}", "{EC2PrivateDNSName}");
const grant = fc.record({ username, notAfter });
const pin = (id: string) => fc.constantFrom(undefined, undefined, id, "AROAANOTHERPRINCIPAL");

/** Patterns that overlap each other and the people in many ways, of an account or of any. */
const PATTERNS = [
  ...["iam::{a}:role/*", "iam::{a}:role/dev", "iam::{a}:role/OPS-?", "iam::{a}:role/AWSReserved*"],
  ...["iam::{a}:user/*", "iam::{a}:user/eng/*", "iam::{a}:user/eng/jane", "iam::{a}:user/?ane"],
  ...["sts::{a}:federated-user/*", "sts::{a}:federated-user/jane", "*::{a}:*", "iam::{a}:*/j*"],
];
const SESSIONS = [
  ...[
    "sts::{a}:assumed-role/*/jane",
    "sts::{a}:assumed-role/Dev/*",
    "sts::{a}:assumed-role/*/j?ne",
  ],
  ...["sts::{a}:assumed-role/ops-1/JANE", "sts::{a}:assumed-role/AWSReservedSSO_Admin_*/jane"],
];
const arnLike = (patterns: readonly string[], of: string) =>
  fc
    .tuple(fc.constantFrom(...patterns), fc.constantFrom(of, of, "*"))
    .map(([pattern, at]) => `arn:aws:${pattern.replace("{a}", at === "any" ? "*" : at)}`);

const mappings = fc.oneof(
  fc.record({ of: account, role: fc.constantFrom(...ROLES), grant }).chain(({ of, role, grant }) =>
    pin(idOf("AROA", of, role)).map((principalId) => ({
      [`role/${of}/${encodeName(role)}`]: {
        arn: `arn:aws:iam::${of}:role/${role}`,
        ...grant,
        principalId,
      },
    })),
  ),
  fc
    .record({
      of: account,
      name: fc.constantFrom(...NAMES),
      path: fc.constantFrom("", "eng/"),
      grant,
    })
    .chain(({ of, name, path, grant }) =>
      pin(idOf("AIDA", of, name)).map((principalId) => ({
        [`user/${of}/${name}`]: {
          arn: `arn:aws:iam::${of}:user/${path}${name}`,
          ...grant,
          principalId,
        },
      })),
    ),
  fc
    .record({ of: account, name: fc.constantFrom(...SPELLINGS), grant })
    .map(({ of, name, grant }) => ({
      [`federated-user/${of}/jane`]: { arn: `arn:aws:sts::${of}:federated-user/${name}`, ...grant },
    })),
  fc.record({ of: account, grant }).map(({ of, grant }) => ({ [`sso/${of}/admin`]: grant })),
  fc
    .record({ of: account, session: fc.constantFrom(...SPELLINGS, "mary"), grant })
    .map(({ of, session, grant }) => ({
      [`sso-session/${of}/admin`]: [{ session, ...grant }],
    })),
  fc.constantFrom(...ACCOUNTS, "any").chain((of) =>
    fc
      .array(fc.record({ arnLike: arnLike(PATTERNS, of), grant }), { minLength: 1, maxLength: 2 })
      .map((list) => ({
        [`pattern/${of}`]: list.map(({ arnLike, grant }) => ({ arnLike, ...grant })),
      })),
  ),
  fc
    .record({ of: account, grant: fc.constantFrom({}, { username: "all" }) })
    .map(({ of, grant }) => ({
      [`account/${of}`]: grant,
    })),
);

const denials = fc.constantFrom(...ACCOUNTS, "any", "any").chain((of) => {
  const named = fc.constantFrom("jane", "JANE", "mary").map((name) => ({ name }));
  const ofArns = arnLike([...PATTERNS, ...SESSIONS], of).map((pattern) => ({ arnLike: pattern }));
  const entry = fc
    .tuple(fc.oneof(named, named, ofArns), notAfter)
    .map(([denied, end]) => ({ ...denied, notAfter: end }));
  const invalid = fc.constant<object>({ arnLike: "arn:aws:s3:::x" });
  const any = fc.oneof({ weight: 30, arbitrary: entry }, { weight: 1, arbitrary: invalid });
  return fc.array(any, { minLength: 1, maxLength: 3 }).map((list) => ({ [`deny/${of}`]: list }));
});

const stores = fc
  .tuple(fc.array(mappings, { minLength: 1, maxLength: 4 }), fc.array(denials, { maxLength: 3 }))
  .map(([some, denied]): Record<string, unknown> => Object.assign({}, ...some, ...denied));

/** The built function and the command, each with a store of the same parameters. */
async function startBoth(t: TestContext) {
  const clock = stoppedClock();
  const { now } = clock;
  const sts = await startSts({ identities: PEOPLE, now });
  t.after(() => sts.close());
  const options = { region: REGION, parameters: settingsOf("local") };
  // The clock of the function moves past its caches. The command signs with the real time.
  const ofFunction = await startParameterStore({ ...options, now, clock: now });
  t.after(() => ofFunction.close());
  const ofCommand = await startParameterStore(options);
  t.after(() => ofCommand.close());
  const services = localServices(REGION, { sts: sts.url, store: ofFunction.url });
  const environment = { CLUSTER_ID: "local", CALLER_AUTH: "none", ...services };
  const bundled = await startFunction({ entry: BUNDLE, environment, clock });
  t.after(bundled.close);
  useLocalAws({
    ...{ AWS_REGION: REGION, AWS_ENDPOINT_URL_SSM: ofCommand.url },
    // No log can be read.
    AWS_MAX_ATTEMPTS: "1",
  });

  async function isGranted(identity: LocalIdentity): Promise<boolean> {
    const token = await mintToken({ identity, clusterId: "local", region: REGION, now: now() });
    const event = {
      version: "2.0",
      rawPath: "/authenticate",
      headers: { "content-type": "application/json" },
      requestContext: { http: { method: "POST", path: "/authenticate" }, requestId: "r" },
      body: reviewBody(V1, token),
      isBase64Encoded: false,
    };
    const context = { awsRequestId: "a" } as Parameters<typeof bundled.handler>[1];
    const { statusCode, body } = (await bundled.handler(event, context)) as Answer;
    assert.equal(statusCode, 200, body);
    return JSON.parse(body).status.authenticated === true;
  }

  return {
    isGranted,
    /** Stores the values, and waits until the function reads them. */
    async put(values: Readonly<Record<string, unknown>>): Promise<void> {
      for (const [name, value] of Object.entries(values)) {
        for (const store of [ofFunction, ofCommand])
          store.put(`${PREFIX}/${name}`, JSON.stringify(value));
      }
      // Past the function's caches.
      await clock.advance(61_000);
    },
    remove(names: readonly string[]): void {
      for (const name of names)
        for (const store of [ofFunction, ofCommand]) store.remove(`${PREFIX}/${name}`);
    },
  };
}

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

const RUNS = IS_ALL ? 2_000 : 40;

test(`explain of a name ends with 1 only if it is not granted, in ${RUNS} stores`, async (t) => {
  const both = await startBoth(t);
  const count = { unmapped: 0, denied: 0, granted: 0, open: 0 };

  async function judge(index: number, what: string): Promise<keyof typeof count> {
    const { code, out, err } = await cli(`explain -c local ${ASKED} -o json`);
    assert.ok(code === 0 || code === 1, `${code} ${err} ${what}`);
    const { possible, isAccessLeft } = JSON.parse(out);
    assert.equal(isAccessLeft, code === 0);
    if (code === 1) {
      for (const person of PEOPLE)
        assert.equal(await both.isGranted(person), false, `${person.arn} is granted: ${what}`);
      return possible.length === 0 ? "unmapped" : "denied";
    }
    const some = PEOPLE[(index * 7) % PEOPLE.length];
    return some !== undefined && (await both.isGranted(some)) ? "granted" : "open";
  }

  for (const [index, values] of fc.sample(stores, { numRuns: RUNS, seed: 69 }).entries()) {
    await both.put(values);
    count[await judge(index, JSON.stringify(values))] += 1;
    both.remove(Object.keys(values));
  }
  t.diagnostic(JSON.stringify(count));
  // With fewer, this would prove little.
  assert.ok(Math.min(count.denied, count.granted) > RUNS / 20, JSON.stringify(count));
});
