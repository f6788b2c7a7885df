// Findings about each mapping: its principal in IAM, its bindings in the cluster, its logins.

import { IAMClient, paginateListRoles, paginateListUsers } from "@aws-sdk/client-iam";
import { isOfRole, isOfSet } from "../../../functions/authenticator/mapping/kinds.ts";
import { permissionSetInAnyCase } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/text.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { provenAccount, watched } from "../../aws/calls.ts";
import type { ClientConfig } from "../../aws/client.ts";
import { toFailure } from "../../aws/errors.ts";
import { shownTime } from "../../cmdline/times.ts";
import { awsFailure } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { openKubernetes } from "../../kube/client.ts";
import { listAt, nameOf, namespaceOf, stringAt } from "../../kube/objects.ts";
import type { Entry } from "../../model/entry.ts";
import type { ReviewSettings, StoredParameters } from "../../model/evaluation.ts";
import { isWithoutSession } from "../../model/lint/names.ts";
import { type coversIn, shadowOf } from "../../model/lint/shadowing.ts";
import type { ListedEntry } from "../../model/listed-entries.ts";
import { sessionProgram } from "../../model/session-programs.ts";
import { isUnused, type Logins } from "./logins.ts";

const PATH = "/apis/rbac.authorization.k8s.io/v1";

/** kube-apiserver adds this group to every user. */
const EVERY_USER = "system:authenticated";

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles */
const OF_EVERY_USER = ["system:basic-user", "system:discovery", "system:public-info-viewer"];

/**
 * Returns the roles of an entry, such as `ClusterRole/view in team-a`, without those that
 * Kubernetes gives to every user.
 */
export async function readBoundRoles(
  kubeconfig: string,
  run: Run,
): Promise<(entry: Entry) => string[]> {
  const kubernetes = await openKubernetes(kubeconfig, run);
  const bindings = [
    ...(await kubernetes.list(`${PATH}/clusterrolebindings`)),
    ...(await kubernetes.list(`${PATH}/rolebindings`)),
  ];
  /** The roles of the subjects, by kind and name. */
  const roles = { User: new Map<string, Set<string>>(), Group: new Map<string, Set<string>>() };
  for (const binding of bindings) {
    const namespace = namespaceOf(binding);
    const role = `${stringAt(binding, "roleRef", "kind")}/${stringAt(binding, "roleRef", "name")}${namespace && ` in ${namespace}`}`;
    for (const subject of listAt(binding, "subjects")) {
      const kind = stringAt(subject, "kind");
      const name = stringAt(subject, "name");
      const isDefault = name === EVERY_USER && OF_EVERY_USER.includes(nameOf(binding));
      if ((kind !== "User" && kind !== "Group") || isDefault) continue;
      const known = roles[kind].get(name) ?? new Set();
      roles[kind].set(name, known.add(role));
    }
  }
  return ({ mapping: { username = "", groups = [] } }) => [
    ...new Set([
      ...rolesFor(username, roles.User),
      ...[...groups, EVERY_USER].flatMap((group) => rolesFor(group, roles.Group)),
    ]),
  ];
}

const PLACEHOLDER = /\{[^{}]*\}/;

/**
 * Returns the roles of a name. A template may become any name that fits: its roles name the
 * subject. The values of placeholders have no colon.
 */
function rolesFor(template: string, bySubject: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  if (!PLACEHOLDER.test(template)) return [...(bySubject.get(template) ?? [])];
  const literals = template
    .split(PLACEHOLDER)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${literals.join("[^:]+")}$`);
  return [...bySubject].flatMap(([name, roles]) =>
    pattern.test(name) ? [...roles].map((role) => `${role} (${name})`) : [],
  );
}

export type PrincipalState = "exists" | "absent" | "re-created" | "not checked";

/** Ids such as `AROA...`, by kind and name in lower case: IAM names ignore case. */
type Ids = Map<string, string>;

/** Returns the state of an entry's principal; `undefined` for kinds that IAM does not list. */
export async function checkPrincipals(entries: readonly Entry[], config: ClientConfig, run: Run) {
  const account = await provenAccount(config, run);
  if (account === undefined) run.log("Not checked whether principals exist: no answer from STS.\n");
  const kinds = entries.filter((entry) => entry.account === account).map(({ kind }) => kind);
  const iam = watched(new IAMClient(config), run);
  const ids: Ids = new Map();
  const problems = new Set<string>();
  // A list takes one call for hundreds of names. GetRole and GetUser would take one call for each
  // mapping.
  const hasRoles =
    kinds.some(isOfRole) && (await isListed(addRoles(iam, ids, run.interrupted), problems, run));
  const hasUsers =
    kinds.includes("user") && (await isListed(addUsers(iam, ids, run.interrupted), problems, run));
  for (const problem of problems) run.log(`Not checked whether all principals exist: ${problem}\n`);
  return ({ kind, name, account: accountOfEntry, mapping }: Entry): PrincipalState | undefined => {
    if (!isOfRole(kind) && kind !== "user") return undefined;
    if (accountOfEntry !== account || !(kind === "user" ? hasUsers : hasRoles))
      return "not checked";
    const id = ids.get(iamKey(kind, name));
    if (id === undefined) return "absent";
    return mapping.principalId === undefined || mapping.principalId === id
      ? "exists"
      : "re-created";
  };
}

function iamKey(kind: Entry["kind"], name: string): string {
  return `${kind.replace("-session", "")}/${asciiLowerCase(name)}`;
}

/**
 * Returns `false` if IAM cannot be read: a missing permission is not an error. Adds the reason to
 * `problems`.
 */
async function isListed(
  isComplete: Promise<boolean>,
  problems: Set<string>,
  run: Run,
): Promise<boolean> {
  try {
    if (await isComplete) return true;
    throw awsFailure("IAM's list is incomplete.");
  } catch (error) {
    run.interrupted.throwIfAborted();
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    problems.add(failure.message);
    return false;
  }
}

const PAGE = { pageSize: 1_000, stopOnSameToken: true };

/**
 * The path of permission sets' roles. Anyone with iam:CreateRole may choose the name of such a
 * role, but not this path.
 */
const OF_SETS = "/aws-reserved/sso.amazonaws.com/";

/** Adds the roles of the account. Returns whether the list is complete. */
async function addRoles(client: IAMClient, ids: Ids, abortSignal: AbortSignal): Promise<boolean> {
  let isComplete = false;
  for await (const { Roles, IsTruncated } of paginateListRoles(
    { client, ...PAGE },
    {},
    { abortSignal },
  )) {
    for (const { RoleName = "", RoleId = "", Path } of Roles ?? []) {
      ids.set(iamKey("role", RoleName), RoleId);
      const set = Path?.startsWith(OF_SETS) ? permissionSetInAnyCase(RoleName) : undefined;
      if (set !== undefined) ids.set(iamKey("sso", set), RoleId);
    }
    isComplete = Roles !== undefined && !IsTruncated;
  }
  return isComplete;
}

async function addUsers(client: IAMClient, ids: Ids, abortSignal: AbortSignal): Promise<boolean> {
  let isComplete = false;
  for await (const { Users, IsTruncated } of paginateListUsers(
    { client, ...PAGE },
    {},
    { abortSignal },
  )) {
    for (const { UserName = "", UserId = "" } of Users ?? [])
      ids.set(iamKey("user", UserName), UserId);
    isComplete = Users !== undefined && !IsTruncated;
  }
  return isComplete;
}

export interface ReportFinding {
  /** The code of the finding. It is stable, since scripts may use it. */
  readonly code:
    | "invalid"
    | "ended"
    | "denied"
    | "shadowed"
    | "absent"
    | "re-created"
    | "unused"
    | "program-sessions";
  readonly message: string;
}

interface Facts {
  readonly parameters: StoredParameters;
  /** The pattern that always applies instead, by pattern. */
  readonly covers: ReturnType<typeof coversIn>;
  readonly review: ReviewSettings;
  readonly logins: Logins;
  readonly principal: PrincipalState | undefined;
}

export function findingsOf(
  item: ListedEntry,
  { parameters, covers, review, logins, principal }: Facts,
): ReportFinding[] {
  const { stored, entry, problem = "" } = item;
  if (entry === undefined) return [{ code: "invalid", message: problem }];
  const { kind, account, mapping } = entry;
  const findings: ReportFinding[] = [];
  if (isExpired(mapping.notAfter, review.now))
    findings.push({ code: "ended", message: `ended on ${mapping.notAfter}` });
  const shadow = shadowOf({ ...entry, parameter: stored.name }, parameters, review);
  const by =
    shadow === undefined
      ? covers.get(mapping)?.arnLike
      : shortName(shadow.parameter, review.prefix);
  if (shadow?.verdict.kind === "deny")
    findings.push({ code: "denied", message: `denied by ${by}` });
  else if (by !== undefined) findings.push({ code: "shadowed", message: `${by} takes precedence` });
  if (principal === "absent") {
    const what = isOfSet(kind) ? "the role of the permission set" : `the ${kind}`;
    findings.push({ code: "absent", message: `${what} does not exist in account ${account}` });
  }
  if (principal === "re-created") {
    const message = `the ${kind} was re-created: its id is no longer ${mapping.principalId}`;
    findings.push({ code: "re-created", message });
  }
  if (isUnused(item, logins)) {
    const written =
      stored.modified > logins.from ? `, last written on ${shownTime(stored.modified)}` : "";
    findings.push({
      code: "unused",
      message: `no login since ${shownTime(logins.from)}${written}`,
    });
  }
  const { sessionNames = [] } = logins.uses.get(entry) ?? {};
  if (sessionNames.length > 0 && sessionNames.every((name) => sessionProgram(name) !== undefined)) {
    const message = `programs named all its sessions (${listed(sessionNames, "", 3)}): the username does not show who it was`;
    findings.push({ code: "program-sessions", message });
  }
  return findings;
}

/** Returns who chooses the session's name; `undefined` for identities without a session. */
export function sessionChooser(entry: Entry): string | undefined {
  const { kind, name } = entry;
  if (isWithoutSession(entry)) return undefined;
  const isOfCenter =
    isOfSet(kind) || (kind === "role" && permissionSetInAnyCase(name) !== undefined);
  return isOfCenter ? "Identity Center" : "anyone who assumes the role";
}
