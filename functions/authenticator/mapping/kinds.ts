// The kinds of mappings, and deny: one row each, with the facts that other code needs. Decisions
// are not here.

const GRANT = ["username", "groups", "notAfter", "description"] as const;

const PINNED = ["arn", "username", "groups", "principalId", "notAfter", "description"] as const;

/** What the last part of a parameter's name is. */
export type NameKind = "role" | "user" | "federated user" | "permission set";

interface Kind {
  /**
   * Of its parameter, after the kind: `<account>/<name>`, `<account>`, or `<account>` that may be
   * `any`.
   */
  readonly path: "named" | "account" | "account or any";
  /** Kind of name in the path. */
  readonly name?: NameKind;
  /** Of a JSON list: the key that identifies an entry. A denial may have a name instead. */
  readonly listedBy?: "session" | "arnLike";
  /** The keys of the value, or of an entry of the list. */
  readonly keys: readonly string[];
  /**
   * The start of the principal's unique id, if the value can have one.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
   */
  readonly idStart?: string;
  /** Whether it can be without a username. */
  readonly anonymous?: true;
}

/** In the order of the construct's grants: another order changes every template. */
const ROWS = {
  role: { path: "named", name: "role", keys: PINNED, idStart: "AROA" },
  user: { path: "named", name: "user", keys: PINNED, idStart: "AIDA" },
  root: { path: "account", keys: ["arn", ...GRANT] },
  "federated-user": { path: "named", name: "federated user", keys: ["arn", ...GRANT] },
  sso: { path: "named", name: "permission set", keys: GRANT },
  "sso-session": {
    path: "named",
    name: "permission set",
    listedBy: "session",
    keys: ["session", ...GRANT],
  },
  pattern: { path: "account or any", listedBy: "arnLike", keys: ["arnLike", ...GRANT] },
  account: { path: "account", keys: GRANT, anonymous: true },
  deny: {
    path: "account or any",
    listedBy: "arnLike",
    keys: ["arnLike", "name", "notAfter", "description"],
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** A kind of mapping, or `deny` for a deny list. */
export type ParameterKind = keyof typeof ROWS;

export type MappingKind = Exclude<ParameterKind, "deny">;

type KindWith<Column> = {
  [K in ParameterKind]: (typeof ROWS)[K] extends Column ? K : never;
}[ParameterKind];

/** A key of a mapping or of a denial. */
export type ParameterKey = (typeof ROWS)[ParameterKind]["keys"][number];

/**
 * Kinds whose parameter holds a JSON list, in which each entry states the identities that it
 * applies to.
 */
export type ListKind = KindWith<{ readonly listedBy: string }>;

/** Kinds with a list for an account, and one for any account. */
export type AnyAccountKind = KindWith<{ readonly path: "account or any" }>;

export const KINDS: Readonly<Record<ParameterKind, Kind>> = ROWS;

export function isParameterKind(kind: string): kind is ParameterKind {
  return Object.hasOwn(KINDS, kind);
}

export function isListKind(kind: ParameterKind): kind is ListKind {
  return KINDS[kind].listedBy !== undefined;
}

/** Returns whether its value has the principal's ARN. */
export function hasArn(kind: ParameterKind): boolean {
  return KINDS[kind].keys.includes("arn");
}

/** Returns whether it is for a permission set, or for sessions of one. */
export function isOfSet(kind: ParameterKind): boolean {
  return KINDS[kind].name === "permission set";
}

/**
 * Returns whether a parameter of the kind is for one principal, which its name or its ARN states.
 */
export function isOfOne(kind: ParameterKind): boolean {
  return KINDS[kind].path === "named" || hasArn(kind);
}

/** Returns these kinds, in the order of the table. */
export function kindsWhere(isIt: (kind: ParameterKind) => boolean): ParameterKind[] {
  return (Object.keys(KINDS) as ParameterKind[]).filter(isIt);
}

/** Patterns for ARNs, without `arn:` and partition. */
interface Arns {
  /** Of the principals. */
  readonly arns: readonly string[];
  /** Of the sessions, which only roles have. */
  readonly sessions?: readonly string[];
}

const OF_ROLE: Arns = {
  arns: ["iam::{account}:role/{name}"],
  sessions: ["sts::{account}:assumed-role/{name}/{session}"],
};

/**
 * The ARNs that a parameter is for. Of a permission set, `{name}` is the name of its role. Apart
 * from the table, since a review does not need them: so the function's bundle does not have them.
 */
export const ARNS: Readonly<Record<ParameterKind, Arns>> = {
  role: OF_ROLE,
  // A mapping's name does not have the path of the user.
  user: { arns: ["iam::{account}:user/{name}", "iam::{account}:user/*/{name}"] },
  root: { arns: ["iam::{account}:root"] },
  "federated-user": { arns: ["sts::{account}:federated-user/{name}"] },
  sso: OF_ROLE,
  "sso-session": OF_ROLE,
  account: { arns: ["*::{account}:*"] },
  // Each entry states its pattern.
  pattern: { arns: [] },
  deny: { arns: [] },
};

/** Returns whether its principals are roles. */
export function isOfRole(kind: ParameterKind): boolean {
  return ARNS[kind].sessions !== undefined;
}

/**
 * Returns whether its principals have no sessions. False for a kind that may be for any principal.
 */
export function isWithoutSessions(kind: ParameterKind): boolean {
  return hasArn(kind) && !isOfRole(kind);
}
