// Generates random values, states and plans of a small store.

import fc from "fast-check";
import { reviewSettings } from "../../../../cli/aws/connection.ts";
import { storedText } from "../../../../cli/model/access/state.ts";
import { readValue } from "../../../../cli/model/entry-arns.ts";
import { settingsFrom, shellOf } from "../../../../cli/model/function-settings.ts";
import { A, arnOf, B, PINS, SET_ROLES } from "./universe.ts";

export const NOW = Date.parse("2026-06-01T00:00:00Z");
/** Before the plan, during its waits, and after it. */
export const ENDS = {
  ...{ past: "2020-01-01T00:00:00Z", soon: "2026-06-01T00:00:20Z", later: "2026-06-01T00:00:50Z" },
  ...{ july: "2026-07-01T00:00:00Z", august: "2026-08-01T00:00:00Z" },
};

const shell = shellOf({ CLUSTER_ID: "c", AWS_REGION: "us-east-1" }, {});
const own = {
  ...{ parameter: "/p/settings/c", settings: settingsFrom({}, shell) },
  ...{ nodeLookup: true, notes: [] },
};
export const CONTEXT = reviewSettings(
  { prefix: "/p", partition: "aws" },
  { own, all: [own] },
  shell,
  NOW,
);

/** A parameter's value: JSON text, or `secure`. `undefined`: it does not exist. */
export type Text = string | undefined;
export type State = Readonly<Record<string, Text>>;

export interface AnyPlan {
  /** The state before, after the first command, after the second. */
  readonly states: readonly State[];
  /** Whether names that begin with `res:` are reserved. */
  readonly reserved: boolean;
  /** Of the shell. Functions may accept other tokens. */
  readonly signedTokens?: "beside" | "only" | undefined;
  /** Another operator's writes, each before the command's n-th call. */
  readonly others?: readonly {
    readonly point: number;
    readonly short: string;
    readonly text: Text;
  }[];
}

const RESOURCES = [
  "iam:*",
  ...["*", "c*", "ci", "c?", "AWSReservedSSO_*", SET_ROLES[0]].map((role) => `iam:role/${role}`),
  ...[
    "iam:user/*",
    "iam:user/ops/*",
    "iam:user/alice",
    "iam:user/ops/alice",
    "iam:user/*alice",
    "iam:root",
  ],
  ...["sts:federated-user/*", "sts:federated-user/fred", "sts:federated-user/Fr?d"],
];
const SESSION_RESOURCES = [
  "ci/*",
  "*/jane",
  "AWSReservedSSO_View_*/JANE",
  `${SET_ROLES[0]}/jane`,
].map((session) => `assumed-role/${session}`);

const DENIED = [...RESOURCES, ...SESSION_RESOURCES.map((resource) => `sts:${resource}`)];
const DENIED_NAMES = ["jane", "JANE", "alice", "Alice", "bob", "fred", "root", "system"];

function weighted<T>(
  ...parts: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]
): fc.Arbitrary<T> {
  return fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const ends = Object.values(ENDS).map((notAfter) => ({ notAfter }));
const end = weighted([3, fc.constant<object>({})], [2, fc.constantFrom<object>(...ends)]);
const USERNAMES = [
  ...["{SessionName}", "{SessionName}:x", "system:x", "res:x", "{EC2PrivateDNSName}"],
  ...[
    "{AccountID}",
    "k:{AccessKeyID}",
    "{IdentityStoreUserId}",
    "s:{SourceIdentity}",
    "t:{PrincipalTag:team}",
  ],
];
const username = weighted([4, fc.constantFrom("u", "v")], [2, fc.constantFrom(...USERNAMES)]);
const GROUPS = [
  "access:cluster-admin",
  "kubeadm:cluster-admins",
  "system:x",
  "res:g",
  "{SessionName}",
  "x:{SessionName}",
  "access:{SessionName}",
  "t:{PrincipalTag:team}",
  "access:{PrincipalTag:team}",
  "a\u0001",
];
const [usual, masters] = [fc.constantFrom("g", "h"), fc.constant("system:masters")];
const group = weighted([5, usual], [1, masters], [1, fc.constantFrom(...GROUPS)]);
const groups = fc.uniqueArray(group, { minLength: 1, maxLength: 2 });
const names = weighted<object>([2, fc.record({ username })], [4, fc.record({ username, groups })]);
const pin = (kind: "role" | "user") =>
  fc.constantFrom<object>({}, {}, { principalId: PINS[kind] }, { principalId: `${PINS[kind]}2` });
const description = fc.constantFrom<object>({}, {}, {}, { description: "d" });

function merged(...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  return fc.tuple(...parts).map((objects) => Object.assign({}, ...objects));
}

function arnLike(account: string, resources: readonly string[]): fc.Arbitrary<object> {
  const of =
    account === "any"
      ? fc.constantFrom("*", A, B, "1111*")
      : fc.constantFrom(account, account, "*");
  return fc
    .tuple(of, fc.constantFrom(...resources))
    .map(([id, resource]) => ({ arnLike: arnOf(resource, id) }));
}

function denied(account: string): fc.Arbitrary<object> {
  return weighted(
    [2, arnLike(account, DENIED)],
    [1, fc.constantFrom(...DENIED_NAMES).map((name) => ({ name }))],
  );
}

const json = (value: unknown) => JSON.stringify(value);
const TWICE =
  '{"arnLike":"arn:aws:iam::*:role/*","arnLike":"arn:aws:iam::*:user/*","username":"v"}';
/** Entries with a repeated key, a wrong type or an unknown key. */
const WRONG = ["1", TWICE, '{"session":"jane","username":1}'];
const list = (entry: fc.Arbitrary<object>, maxLength: number) =>
  weighted(
    [12, fc.array(entry, { maxLength }).map(json)],
    [
      1,
      fc
        .tuple(fc.array(entry, { maxLength: 1 }), fc.constantFrom(...WRONG))
        .map(([some, wrong]) => `[${[...some.map(json), wrong].join(",")}]`),
    ],
    [1, fc.constantFrom("[,]", "{}", "secure")],
  );
const single = (value: fc.Arbitrary<object>) =>
  weighted(
    [12, value.map(json)],
    [1, value.map((item) => json(item).replace(/}$/, ',"username":"v"}'))],
    [1, fc.constantFrom("{", "secure", '{"username":"u","deny":"x"}')],
  );
const grant = merged(names, end, description);
const ofArn = (arn: string, more: fc.Arbitrary<object> = fc.constant({})) =>
  single(
    merged(
      fc.record({ arn: fc.constantFrom(...new Set([arn, arn.replace("fred", "Fred")])) }),
      grant,
      more,
    ),
  );

/** The values of each parameter of the store. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  [`role/${A}/ci`]: weighted(
    [9, ofArn(`arn:aws:iam::${A}:role/ci`, pin("role"))],
    [1, ofArn(`arn:aws:iam::${A}:role/other`)],
  ),
  [`role/${A}/${SET_ROLES[0]?.toLowerCase()}`]: ofArn(
    `arn:aws:iam::${A}:role/${SET_ROLES[0]}`,
    pin("role"),
  ),
  [`user/${A}/alice`]: ofArn(`arn:aws:iam::${A}:user/ops/alice`, pin("user")),
  [`federated-user/${A}/fred`]: ofArn(`arn:aws:sts::${A}:federated-user/fred`),
  [`root/${A}`]: ofArn(`arn:aws:iam::${A}:root`),
  [`sso/${A}/view`]: single(grant),
  [`sso-session/${A}/view`]: list(
    merged(fc.record({ session: fc.constantFrom("jane", "Jane") }), grant),
    2,
  ),
  [`pattern/${A}`]: list(merged(arnLike(A, RESOURCES), grant), 3),
  "pattern/any": list(merged(arnLike("any", RESOURCES), grant), 2),
  [`account/${A}`]: single(weighted([3, grant], [1, end])),
  [`account/${B}`]: single(grant),
  [`deny/${A}`]: list(merged(denied(A), end, description), 3),
  "deny/any": list(merged(denied("any"), end, description), 2),
};
const NAMES = Object.keys(VALUES);
/** Each is higher or lower than the others. */
const OF_ONE_SET = NAMES.filter((name) => /awsreserved|sso|pattern|account\/1/.test(name));
const LISTS = NAMES.filter((name) => /pattern|deny|sso-session/.test(name));

const absent = fc.constant(undefined);
const state: fc.Arbitrary<State> = fc.record(
  Object.fromEntries(
    NAMES.map((name) => [name, fc.oneof<fc.Arbitrary<Text>[]>(absent, VALUES[name] ?? absent)]),
  ),
);

/**
 * A few parameters get another value: a new one, or one that differs by an entry, a key, or their
 * order.
 */
function changed(before: State, count: fc.Arbitrary<number>): fc.Arbitrary<State> {
  // The command writes valid values only. It may keep an invalid one, or remove it.
  const isWritten = (name: string, text: Text) =>
    text === before[name] ||
    readValue(`${CONTEXT.prefix}/${name}`, storedText(text === "secure" ? "{" : text), CONTEXT)
      .problem === undefined;
  return fc
    .tuple(count, fc.constantFrom(NAMES, OF_ONE_SET, LISTS))
    .chain(([many, some]) =>
      fc.uniqueArray(fc.constantFrom(...some), { minLength: many, maxLength: many }),
    )
    .chain((some) =>
      fc.tuple(...some.map((name) => fc.tuple(fc.constant(name), valueAfter(name, before[name])))),
    )
    .map((values) => ({
      ...before,
      ...Object.fromEntries(values.filter(([name, text]) => isWritten(name, text))),
    }));
}

function valueAfter(name: string, before: Text): fc.Arbitrary<Text> {
  const any = VALUES[name] ?? absent;
  const parsed = parse(before);
  const isList = /^(?:pattern|deny|sso-session)\//.test(name);
  if (isList && Array.isArray(parsed)) {
    const items: readonly unknown[] = parsed;
    const other = any.map((text) => (parse(text) ?? []) as readonly unknown[]);
    return fc.oneof(
      any,
      fc.subarray([...items]).map(json),
      fc.shuffledSubarray([...items], { minLength: items.length }).map(json),
      // An entry is added, or replaces another one.
      fc
        .tuple(fc.nat(items.length), other, fc.constantFrom(0, 1, items.length))
        .map(([index, more, replaced]) => {
          const entry = Array.isArray(more) ? more.slice(0, 1) : [];
          return json([...items.slice(0, index), ...entry, ...items.slice(index + replaced)]);
        }),
      fc
        .tuple(fc.nat(Math.max(0, items.length - 1)), edit)
        .map(([index, change]) =>
          json(items.map((item, at) => (at === index && isRecord(item) ? change(item) : item))),
        ),
    );
  }
  if (isList) return weighted([4, any], [1, fc.constant(before === undefined ? undefined : "[]")]);
  if (!isRecord(parsed)) return weighted([3, any], [1, absent]);
  const edited = edit.map((change) => json(change(parsed)));
  return fc.oneof<fc.Arbitrary<Text>[]>(any, absent, edited);
}

const edit = fc.oneof(
  merged(end).map((given) => (item: Record<string, unknown>) => {
    const { notAfter: _, ...rest } = item;
    return { ...rest, ...given };
  }),
  merged(names).map(
    (given) => (item: Record<string, unknown>) =>
      "username" in item ? { ...item, ...given } : item,
  ),
  fc.constant((item: Record<string, unknown>) =>
    "groups" in item ? { ...item, groups: (item["groups"] as unknown[]).slice(1) } : item,
  ),
  fc.constant((item: Record<string, unknown>) => {
    const { principalId: _, ...rest } = item;
    return rest;
  }),
  fc.constant((item: Record<string, unknown>) => ({ ...item, description: "other" })),
);

function parse(text: Text): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The command deletes in steps, so that nothing needs the date of a deletion. Other tools may not.
 */
const otherWrite = fc
  .tuple(fc.nat(5), fc.constantFrom(...NAMES))
  .chain(([point, short]) => (VALUES[short] ?? absent).map((text) => ({ point, short, text })));

export function anyPlan(commands: number, changes: fc.Arbitrary<number>): fc.Arbitrary<AnyPlan> {
  let states: fc.Arbitrary<readonly State[]> = state.map((start) => [start]);
  for (let index = 0; index < commands; index += 1) {
    states = states.chain((all) =>
      changed(all.at(-1) ?? {}, changes).map((next) => [...all, next]),
    );
  }
  return fc.record({
    states,
    reserved: fc.boolean(),
    signedTokens: fc.constantFrom(undefined, undefined, "beside", "only"),
    others: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(otherWrite, { minLength: 1, maxLength: 3 }) },
    ),
  });
}
