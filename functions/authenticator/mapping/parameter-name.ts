// Derives the names of the parameters of an identity, so that a review reads only a few. Also
// parses a name.

import { asciiLowerCase } from "../../lib/text.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import {
  type AnyAccountKind,
  isOfSet,
  isParameterKind,
  KINDS,
  type MappingKind,
  type ParameterKind,
} from "./kinds.ts";

/**
 * `exact` for the kind of the identity; the other kinds by name, with each list for an account and
 * for any.
 */
export type Place =
  | "exact"
  | Exclude<MappingKind, VerifiedIdentity["kind"] | AnyAccountKind>
  | `${AnyAccountKind}-${"account" | "any"}`;

export interface Candidate {
  readonly place: Place;
  readonly parameter: string;
}

/**
 * Returns the parameters that a review reads, in order of precedence. At most 8 names: one
 * ssm:GetParameters accepts 10.
 */
export function candidates(
  prefix: string,
  { kind, accountId, name }: VerifiedIdentity,
): Candidate[] {
  const permissionSet = kind === "role" ? permissionSetOf(name) : undefined;
  const places: Readonly<Record<Place, string | undefined>> = {
    "deny-account": denyParameter(prefix, accountId),
    "deny-any": denyParameter(prefix, "any"),
    exact: mappingParameter(prefix, kind, accountId, name),
    "sso-session":
      permissionSet && mappingParameter(prefix, "sso-session", accountId, permissionSet),
    sso: permissionSet && mappingParameter(prefix, "sso", accountId, permissionSet),
    "pattern-account": mappingParameter(prefix, "pattern", accountId),
    "pattern-any": mappingParameter(prefix, "pattern", "any"),
    account: mappingParameter(prefix, "account", accountId),
  };
  return Object.entries(places).flatMap(([place, parameter]) =>
    parameter === undefined ? [] : { place: place as Place, parameter },
  );
}

/**
 * Returns the name of a parameter. `account`: 12 digits, or `any` for patterns and denials. `name`:
 * of a role, user, federated user or permission set.
 */
export function mappingParameter(
  prefix: string,
  kind: ParameterKind,
  account: string,
  name = "",
): string {
  return `${prefix}/${kind}/${account}${name && `/${encodeName(name)}`}`;
}

/** Returns the name of a deny list. `accountOrAny`: 12 digits or `any`. */
export function denyParameter(prefix: string, accountOrAny: string): string {
  return mappingParameter(prefix, "deny", accountOrAny);
}

/**
 * Returns the name in lower case: IAM names ignore case, parameter names do not. Parameter Store
 * accepts only `a-zA-Z0-9_.-`, so every other byte, and the dot, becomes `.` and two hex digits.
 */
export function encodeName(name: string): string {
  const bytes = Buffer.from(asciiLowerCase(name)).toString("latin1");
  return bytes.replace(
    /[^a-z0-9_-]/g,
    (byte) => `.${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/**
 * `AWSReservedSSO_<set>_<16 hex>`: the role that IAM Identity Center creates for a permission set
 * in an account. A set's name can contain `_`, so the suffix is anchored: set `View` never matches
 * a role of set `View_Admin`.
 * https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
 */
const ROLE_OF_SET = /^AWSReservedSSO_([\w+=,.@-]{1,32})_[0-9a-f]{16}$/;

const ROLE_OF_SET_IN_ANY_CASE = new RegExp(ROLE_OF_SET, "i");

export function permissionSetOf(roleName: string): string | undefined {
  return ROLE_OF_SET.exec(roleName)?.[1];
}

/**
 * Returns the permission set for a role's name that is not from STS: ARNs in mappings and parameter
 * names do not keep the case.
 */
export function permissionSetInAnyCase(roleName: string): string | undefined {
  return ROLE_OF_SET_IN_ANY_CASE.exec(roleName)?.[1];
}

/**
 * Returns the name of a set's role with each character of the suffix replaced, since only AWS knows
 * it.
 */
export function permissionSetRole(set: string, character: "0" | "?"): string {
  return `AWSReservedSSO_${set}_${character.repeat(16)}`;
}

/** Returns whether a permission set can have this name. */
export function isPermissionSet(name: string): boolean {
  return permissionSetOf(permissionSetRole(name, "0")) === name;
}

export interface ParameterAddress {
  readonly kind: ParameterKind;
  /** 12 digits, or `any` for patterns and denials of any account. */
  readonly account: string;
  /**
   * Name of the role, user, federated user or permission set, in lower case. Empty for other kinds.
   */
  readonly name: string;
}

const NAME = /^\/([a-z-]+)\/(\d{12}|any)(?:\/([a-z0-9_.-]+))?$/;

/**
 * Returns what the name of a parameter states; `undefined` for one that the authenticator ignores.
 */
export function readName(prefix: string, parameter: string): ParameterAddress | undefined {
  const match = parameter.startsWith(prefix) ? NAME.exec(parameter.slice(prefix.length)) : null;
  const [, kind = "", account = "", encoded = ""] = match ?? [];
  if (!isParameterKind(kind)) return undefined;
  const { path } = KINDS[kind];
  const isOfPath =
    (path === "named") === (encoded !== "") && (account !== "any" || path === "account or any");
  const name = decodeName(encoded);
  if (!isOfPath || encodeName(name) !== encoded || (isOfSet(kind) && !isPermissionSet(name)))
    return undefined;
  return { kind, account, name };
}

/** Reverses `encodeName`. The result is in lower case. */
function decodeName(encoded: string): string {
  return encoded.replace(/\.([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
