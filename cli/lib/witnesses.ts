// Who an entry is for, as identities that the function's own code can be asked about: whether it reaches anybody.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import type { StoredParameter } from "../../functions/authenticator/mapping/finding.ts";
import { encodeName, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Entry } from "../document/entry.ts";
import { readName } from "../document/parameters.ts";
import { holderOf } from "./holder.ts";
import type { Site } from "./site.ts";
import { permissionSetRole, supposeIdentity } from "./supposed-identity.ts";

export interface Witness {
  /** One of these is real, and which of them is not known: only what holds for all of them is sure. */
  readonly identities: readonly VerifiedIdentity[];
  /** ARN patterns of what the real one may be beside these. */
  readonly mayBe: readonly string[];
}

type Parameters = ReadonlyMap<string, StoredParameter>;

/** What stands for a `*`: 16 hex digits, so that a permission set's role stays one. Nobody is called so. */
const ANY = "0000000000000000";
const SOME_ACCOUNT = "000000000000";

/** Each of them is somebody else; empty for an entry that nobody can match. */
export function witnessesOf(entry: Entry, parameters: Parameters, site: Site): Witness[] {
  const { kind, account, name, mapping } = entry;
  if (kind === "account") return witness(roleOf(site.partition, account, ANY), parameters, site);
  if (kind === "sso") return witness(permissionSetRole(site.partition, account, name), parameters, site);
  if (kind !== "pattern") {
    const holder = holderOf(entry, site);
    return holder?.partition === site.partition ? [{ identities: [holder], mayBe: pathsOf(holder) }] : [];
  }
  const accounts = account === "any" ? accountsIn(parameters, site) : [account];
  return accounts.flatMap((one) => patternWitness(mapping.arnLike ?? "", one, parameters, site));
}

/** Roles first: most principals are, and a pattern for everybody is worth what it is worth to them. */
function patternWitness(arnLike: string, account: string, parameters: Parameters, site: Site): Witness[] {
  const resource = arnLike.split(":").slice(5).join(":").replaceAll("*", ANY).replaceAll("?", "0");
  const name = resource.replace(/^[^/]*\//, "");
  const { partition } = site;
  const arns = [
    roleOf(partition, account, name),
    ...["user", "root"].map((kind) => `arn:${partition}:iam::${account}:${kind === "root" ? kind : `${kind}/${name}`}`),
    `arn:${partition}:iam::${account}:${resource}`,
    `arn:${partition}:sts::${account}:federated-user/${name}`,
  ];
  const found = arns.flatMap((arn) => witness(arn, parameters, site));
  return found
    .filter(({ identities }) => identities.slice(0, 1).some((one) => matchesArnLike(arnLike, one.canonicalArn)))
    .slice(0, 1);
}

function witness(arn: string, parameters: Parameters, site: Site): Witness[] {
  const identity = supposeIdentity(arn);
  if (identity === undefined) return [];
  const { kind, partition, accountId, name } = identity;
  const set = kind === "role" ? permissionSetOf(name) : undefined;
  if (set === undefined) return [{ identities: [identity], mayBe: [] }];
  // A set has one role in an account, with a suffix that only AWS knows: perhaps one that is mapped by itself.
  const start = `${site.prefix}/role/${accountId}/${encodeName(`AWSReservedSSO_${set}_`)}`;
  const mapped = [...parameters.keys()]
    .filter((parameter) => parameter.startsWith(start) && /^[0-9a-f]{16}$/.test(parameter.slice(start.length)))
    .flatMap(
      (parameter) =>
        supposeIdentity(roleOf(partition, accountId, `AWSReservedSSO_${set}_${parameter.slice(start.length)}`)) ?? [],
    );
  return [
    {
      identities: [identity, ...mapped],
      mayBe: [roleOf(partition, accountId, `AWSReservedSSO_${set}_${"?".repeat(16)}`)],
    },
  ];
}

/** A user's path is in its ARN, where patterns see it, and need not be in the mapping's. */
function pathsOf({ kind, partition, accountId, name }: VerifiedIdentity): string[] {
  const start = `arn:${partition}:iam::${accountId}:user`;
  return kind === "user" ? [`${start}/${name}`, `${start}/*/${name}`] : [];
}

function roleOf(partition: string, account: string, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}

/** Those that other parameters name: whoever is of none of them is nobody that this cluster knows. */
function accountsIn(parameters: Parameters, site: Site): string[] {
  const accounts = new Set([...parameters.keys()].flatMap((name) => readName(site.prefix, name)?.account ?? []));
  accounts.delete("any");
  return accounts.size === 0 ? [SOME_ACCOUNT] : [...accounts];
}
