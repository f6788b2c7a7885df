// Generates random changes of a small store, and the principals of a small universe.

import fc from "fast-check";
import { evaluationContext } from "../../../cli/function-settings.ts";
import { type VerifiedIdentity, verifyIdentity } from "../../../functions/authenticator/identity/identity.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";

const [A, B] = ["111122223333", "444455556666"];
const settings = readSettings({ CLUSTER_ID: "c", CALLER_AUTH: "none", AWS_REGION: "us-east-1" });
const NOW = Date.parse("2026-06-01T00:00:00Z");
export const context = evaluationContext(settings, NOW);

const ENDS = ["2020-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z"];
/** Now, and just after each end. */
export const TIMES: readonly number[] = [NOW, ...ENDS.slice(1).map((end) => Date.parse(end))];

const SET_ROLES = ["0123456789abcdef", "fedcba9876543210"].map((suffix) => `AWSReservedSSO_View_${suffix}`);
const ROLES = ["ci", "ci-1", "xcx", ...SET_ROLES];
const SESSIONS = ["jane", "Jane", "zed@x", "masters"];
const USERS = ["alice", "ops/alice", "bob", "ops/x/bob"];
const FEDERATED = ["fred", "Fred"];
const PINS = ["AROAPINNED", "AIDAPINNED"];

const NAMED: readonly VerifiedIdentity[] = [A, B].flatMap((account) => [
  ...ROLES.flatMap((role) =>
    SESSIONS.flatMap((session) =>
      ["AROAOTHER", "AROAPINNED"].map((id) =>
        identity(account, `sts::${account}:assumed-role/${role}/${session}`, `${id}:${session}`),
      ),
    ),
  ),
  ...USERS.flatMap((user) =>
    ["AIDAOTHER", "AIDAPINNED"].map((id) => identity(account, `iam::${account}:user/${user}`, id)),
  ),
  ...FEDERATED.map((name) => identity(account, `sts::${account}:federated-user/${name}`, `${account}:${name}`)),
  identity(account, `iam::${account}:root`, account),
]);
/** In an account that no parameter and no ARN names. */
const UNNAMED = "777788889999";
const STRANGERS: readonly VerifiedIdentity[] = [
  identity(UNNAMED, `sts::${UNNAMED}:assumed-role/ci/jane`, "AROAOTHER:jane"),
  identity(UNNAMED, `iam::${UNNAMED}:user/ops/alice`, "AIDAOTHER"),
];

function identity(Account: string, rest: string, UserId: string): VerifiedIdentity {
  return verifyIdentity({ Account, Arn: `arn:aws:${rest}`, UserId }, "aws", "ASIAX");
}

/** All principals of the universe, with each unique id. */
export const UNIVERSE: readonly VerifiedIdentity[] = [...NAMED, ...STRANGERS];

const RESOURCES = [
  ...["*", "role/*", "role/c*", "role/*c", "role/*c*", "role/ci", "role/ci-*", "role/x?x", "role/?????????????*"],
  ...["role/AWSReservedSSO_*", "role/AWSReservedSSO_View_01*", `role/${SET_ROLES[0]}`, "role/awsreservedsso_v*_*f"],
  "root",
];
/** For one user, some match only the ARN with the path, and some only the ARN without it. */
const USER_RESOURCES = [
  ...["user/*", "user/ops/*", "user/alice", "user/ops/alice", "user/*bob", "user/*/*/bob"],
  ...["user/?ob", "user/ops/x/*", "user/al*"],
];
const STS_RESOURCES = [
  ...["assumed-role/ci/*", "assumed-role/*/jane", "assumed-role/xcx/j*", "assumed-role/ci/JANE", "assumed-role/*/*@*"],
  ...["federated-user/*", "federated-user/fred", "federated-user/f?ed", `assumed-role/${SET_ROLES[1]}/zed@x`],
];

const end = fc.constantFrom<object>({}, {}, {}, ...ENDS.map((notAfter) => ({ notAfter })), { notAfter: "soon" });
const grant = fc.constantFrom<object>(
  { username: "a" },
  { username: "a", groups: ["g"] },
  { username: "b", groups: ["g", "h"] },
  { username: "{SessionName}", groups: ["system:{SessionName}"] },
  { username: "{SessionNameRaw}" },
  { username: "jane" },
  { username: "{AccountID}", groups: ["system:masters"] },
  { username: 1 },
  {},
);
const deny = fc.constantFrom<object>({ deny: true }, { deny: true, deny2: 1 }, { deny: "true" });
const pin = fc.constantFrom<object>({}, {}, ...PINS.map((principalId) => ({ principalId })));
const account = fc.constantFrom(A, B, "*", "1111*", "999999999999");

const arnLike = fc.oneof(
  fc.tuple(account, fc.constantFrom(...RESOURCES)).map(([of, resource]) => `arn:aws:iam::${of}:${resource}`),
  fc.tuple(account, fc.constantFrom(...USER_RESOURCES)).map(([of, resource]) => `arn:aws:iam::${of}:${resource}`),
  fc.tuple(account, fc.constantFrom(...STS_RESOURCES)).map(([of, resource]) => `arn:aws:sts::${of}:${resource}`),
  fc.constantFrom("arn:aws:*::*:*", "arn:*:iam::*:role/ci", "arn:aws-cn:iam::*:role/*", "nonsense"),
);

function merged(...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  return fc.tuple(...parts).map((objects) => Object.assign({}, ...objects));
}

const denials = fc.array(
  merged(
    arnLike.map((glob) => ({ arnLike: glob })),
    end,
  ),
  { maxLength: 3 },
);
const patterns = fc.array(
  merged(
    arnLike.map((glob) => ({ arnLike: glob })),
    grant,
    end,
  ),
  { maxLength: 3 },
);
const sessions = fc.array(
  merged(
    fc.constantFrom("jane", "Jane", "zed@x", "x").map((session) => ({ session })),
    grant,
    end,
  ),
  { maxLength: 2 },
);
const ofArn = (arn: string) =>
  fc.oneof(merged(fc.constant({ arn }), grant, pin, end), merged(fc.constant({ arn }), deny));

/** Stored values. Some are not JSON, have the wrong type, or are a SecureString. */
function stored(value: fc.Arbitrary<unknown>): fc.Arbitrary<StoredParameter> {
  const text = value.map((one) => ({ value: JSON.stringify(one), secure: false }));
  const wrong = fc.constantFrom(
    { value: "[,]", secure: false },
    { value: "{}", secure: false },
    { value: "[1]", secure: false },
    { value: "[]", secure: true },
  );
  return fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: wrong });
}

const state = fc
  .record(
    {
      [`role/${A}/ci`]: stored(ofArn(`arn:aws:iam::${A}:role/ci`)),
      [`role/${A}/xcx`]: stored(ofArn(`arn:aws:iam::${A}:role/other`)),
      [`role/${B}/ci`]: stored(ofArn(`arn:aws:iam::${B}:role/path/CI`)),
      [`role/${A}/${SET_ROLES[0]?.toLowerCase()}`]: stored(ofArn(`arn:aws:iam::${A}:role/${SET_ROLES[0]}`)),
      [`user/${A}/alice`]: stored(ofArn(`arn:aws:iam::${A}:user/ops/alice`)),
      [`federated-user/${A}/fred`]: stored(ofArn(`arn:aws:sts::${A}:federated-user/Fred`)),
      [`root/${A}`]: stored(ofArn(`arn:aws:iam::${A}:root`)),
      [`sso/${A}/view`]: stored(merged(grant, end)),
      [`sso-session/${A}/view`]: stored(sessions),
      [`pattern/${A}`]: stored(patterns),
      "pattern/any": stored(patterns),
      [`account/${A}`]: stored(merged(grant, end)),
      [`account/${B}`]: stored(merged(grant, end)),
      [`deny/${A}`]: stored(denials),
      "deny/any": stored(denials),
    },
    { requiredKeys: [] },
  )
  .map((values) => Object.entries(values));

export interface AnyChange {
  readonly before: ReadonlyMap<string, StoredParameter>;
  readonly after: ReadonlyMap<string, StoredParameter>;
}

/** Writes or removes a few parameters of a state. */
const anyFew: fc.Arbitrary<AnyChange> = fc
  .tuple(state, state, fc.nat(), fc.integer({ min: 1, max: 3 }))
  .map(([entries, others, start, count]) => {
    const before = new Map(
      entries.flatMap(([name, one]) => (one ? [[`${context.prefix}/${name}`, one] as const] : [])),
    );
    const after = new Map(before);
    const names = [...new Set([...entries, ...others].map(([name]) => name))];
    for (let index = 0; index < Math.min(count, names.length); index += 1) {
      const name = names[(start + index) % names.length] ?? "";
      const value = others.find(([other]) => other === name)?.[1];
      if (value === undefined) after.delete(`${context.prefix}/${name}`);
      else after.set(`${context.prefix}/${name}`, value);
    }
    return { before, after };
  });

const userGlobs = fc.subarray(USER_RESOURCES, { minLength: 1, maxLength: 2 });
const listed = (resources: readonly string[], more = {}) => ({
  value: JSON.stringify(resources.map((resource) => ({ arnLike: `arn:aws:iam::${A}:${resource}`, ...more }))),
  secure: false,
});

/** Changes denials of users who are mapped by a pattern: paths rarely matter in the other changes. */
const anyUserDenial: fc.Arbitrary<AnyChange> = fc
  .tuple(userGlobs, userGlobs, fc.subarray(USER_RESOURCES, { maxLength: 2 }))
  .map(([mapped, ...denied]) => {
    const [before, after] = denied.map(
      (globs) =>
        new Map([
          [`${context.prefix}/pattern/${A}`, listed(mapped, { username: "a" })],
          [`${context.prefix}/deny/${A}`, listed(globs)],
        ]),
    );
    return { before: before ?? new Map(), after: after ?? new Map() };
  });

export const anyChange: fc.Arbitrary<AnyChange> = fc.oneof(
  { weight: 6, arbitrary: anyFew },
  { weight: 1, arbitrary: anyUserDenial },
);
