// The identities of a small universe: principals, sessions, unique ids, nodes and AWS-signed
// tokens.

import {
  type SignedClaims,
  type VerifiedIdentity,
  verifyIdentity,
} from "../../../../functions/authenticator/identity/identity.ts";

export const [A, B] = ["111122223333", "444455556666"] as const;
const UNNAMED = "777788889999";

export const SET_ROLES = ["0123456789abcdef", "fedcba9876543210"].map(
  (suffix) => `AWSReservedSSO_View_${suffix}`,
);
export const PINS = { role: "AROAPINNED", user: "AIDAPINNED" };
const ROLES = ["ci", ...SET_ROLES];
/** Completes an administrators' group, as a session and as a tag. */
export const COMPLETING = "cluster-admin";
/** The last is a node's; `system` renders reserved names. */
const SESSIONS = ["jane", "Jane", "system", COMPLETING, "i-0123456789abcdef0"];
const USERS = ["alice", "ops/alice", "bob"];

/** @param resource with its service, such as `iam:role/ci` */
export function arnOf(resource: string, account: string): string {
  const [service = "", rest = ""] = resource.split(/:(.*)/s);
  return `arn:aws:${service}::${account}:${rest}`;
}

export interface Identity extends VerifiedIdentity {
  readonly isNode: boolean;
}

const principalTags = { team: COMPLETING };
const CLAIMS: SignedClaims = {
  identityStoreUserId: "id-of-jane",
  sourceIdentity: "jane.source",
  principalTags,
};

/** With each subset of the claims. Each has another value. */
const SUBSETS: readonly SignedClaims[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  identityStoreUserId: bits & 1 ? CLAIMS.identityStoreUserId : undefined,
  sourceIdentity: bits & 2 ? CLAIMS.sourceIdentity : undefined,
  principalTags: bits & 4 ? CLAIMS.principalTags : {},
}));

function identity(account: string, rest: string, UserId: string): Identity {
  const found = verifyIdentity(
    { Account: account, Arn: `arn:aws:${rest}`, UserId },
    "aws",
    "ASIAX",
  );
  return { ...found, isNode: found.sessionName?.startsWith("i-") ?? false };
}

/** An AWS-signed token shows the role with its path, and neither session nor unique id. */
function signed(of: Identity, path = ""): Identity[] {
  const arn = of.canonicalArn.replace(":role/", `:role/${path}`);
  const unknown = {
    principalId: undefined,
    sessionName: undefined,
    accessKeyId: undefined,
    isNode: false,
  };
  return SUBSETS.map((claims) => ({ ...of, ...unknown, arn, claims }));
}

function ofAccount(account: string): Identity[] {
  const roles = ROLES.flatMap((role) =>
    SESSIONS.flatMap((session) =>
      ["AROAOTHER", PINS.role].map((id) =>
        identity(account, `sts::${account}:assumed-role/${role}/${session}`, `${id}:${session}`),
      ),
    ),
  );
  const users = USERS.flatMap((user) =>
    ["AIDAOTHER", PINS.user].map((id) => identity(account, `iam::${account}:user/${user}`, id)),
  );
  const isFirst = (identity: Identity, index: number, all: readonly Identity[]) =>
    all.findIndex(({ canonicalArn }) => canonicalArn === identity.canonicalArn) === index;
  return [
    ...roles,
    ...users,
    ...["fred", "Fred"].map((name) =>
      identity(account, `sts::${account}:federated-user/${name}`, `${account}:${name}`),
    ),
    identity(account, `iam::${account}:root`, account),
    ...roles
      .filter(isFirst)
      .flatMap((role) =>
        signed(role, role.name.startsWith("AWS") ? "aws-reserved/sso.amazonaws.com/" : ""),
      ),
    ...users.filter(isFirst).flatMap((user) => signed(user)),
  ];
}

export const UNIVERSE: readonly Identity[] = [
  ...ofAccount(A),
  ...ofAccount(B),
  ...ofAccount(UNNAMED).slice(0, 2),
];
