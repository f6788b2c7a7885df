// Checks whether the roles and users of mappings exist, in the account of the credentials.

import { IAMClient, paginateListRoles, paginateListUsers } from "@aws-sdk/client-iam";
import { permissionSetInAnyCase } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { provenAccount } from "../aws/caller-identity.ts";
import { watched } from "../aws/calls.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import { toFailure } from "../aws/errors.ts";
import { fault } from "../errors.ts";
import type { Entry } from "../store/entry.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

export type PrincipalState = "exists" | "absent" | "re-created" | "not checked";

/** Ids such as `AROA...`, by kind and name in lower case: IAM names ignore case. */
type Ids = Map<string, string>;

/** Returns the state of an entry's principal; `undefined` for kinds that IAM does not list. */
export async function checkPrincipals(
  entries: readonly Entry[],
  config: ClientConfig,
  io: IOStreams,
): Promise<(entry: Entry) => PrincipalState | undefined> {
  const account = await provenAccount(config, io);
  if (account === undefined) io.log("Not checked whether principals exist: no answer from STS.\n");
  const kinds = entries.filter((entry) => entry.account === account).map(({ kind }) => kind);
  const iam = watched(new IAMClient(config), io);
  const ids: Ids = new Map();
  const problems = new Set<string>();
  // A list takes one call for hundreds of names. GetRole and GetUser would take one call for each mapping.
  const hasRoles = kinds.some(isOfRole) && (await isListed(addRoles(iam, ids, io.interrupted), problems, io));
  const hasUsers = kinds.includes("user") && (await isListed(addUsers(iam, ids, io.interrupted), problems, io));
  for (const problem of problems) io.log(`Not checked whether all principals exist: ${problem}\n`);
  return ({ kind, name, account: own, mapping }) => {
    if (!isOfRole(kind) && kind !== "user") return undefined;
    if (own !== account || !(kind === "user" ? hasUsers : hasRoles)) return "not checked";
    const id = ids.get(keyOf(kind, name));
    if (id === undefined) return "absent";
    return mapping.principalId === undefined || mapping.principalId === id ? "exists" : "re-created";
  };
}

function isOfRole(kind: Entry["kind"]): boolean {
  return kind === "role" || kind === "sso" || kind === "sso-session";
}

function keyOf(kind: Entry["kind"], name: string): string {
  return `${kind.replace("-session", "")}/${asciiLowerCase(name)}`;
}

/** `false` if IAM cannot be read: a missing permission is not an error. Adds the reason to `problems`. */
async function isListed(isComplete: Promise<boolean>, problems: Set<string>, io: IOStreams): Promise<boolean> {
  try {
    if (await isComplete) return true;
    throw fault("IAM's list is incomplete.");
  } catch (error) {
    io.interrupted.throwIfAborted();
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    problems.add(failure.message);
    return false;
  }
}

const PAGE = { pageSize: 1_000, stopOnSameToken: true };

/** Anyone with iam:CreateRole may choose the name of a permission set's role, but not this path. */
const OF_SETS = "/aws-reserved/sso.amazonaws.com/";

/** Returns whether the list is complete. */
async function addRoles(client: IAMClient, ids: Ids, abortSignal: AbortSignal): Promise<boolean> {
  let isComplete = false;
  for await (const { Roles, IsTruncated } of paginateListRoles({ client, ...PAGE }, {}, { abortSignal })) {
    for (const { RoleName = "", RoleId = "", Path } of Roles ?? []) {
      ids.set(keyOf("role", RoleName), RoleId);
      const set = Path?.startsWith(OF_SETS) ? permissionSetInAnyCase(RoleName) : undefined;
      if (set !== undefined) ids.set(keyOf("sso", set), RoleId);
    }
    isComplete = Roles !== undefined && !IsTruncated;
  }
  return isComplete;
}

async function addUsers(client: IAMClient, ids: Ids, abortSignal: AbortSignal): Promise<boolean> {
  let isComplete = false;
  for await (const { Users, IsTruncated } of paginateListUsers({ client, ...PAGE }, {}, { abortSignal })) {
    for (const { UserName = "", UserId = "" } of Users ?? []) ids.set(keyOf("user", UserName), UserId);
    isComplete = Users !== undefined && !IsTruncated;
  }
  return isComplete;
}
