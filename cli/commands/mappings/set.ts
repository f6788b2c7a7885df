// `mappings set`: adds a mapping or changes some of its keys, and validates the result like the
// function.

import {
  hasArn,
  isListKind,
  isOfOne,
  isWithoutSessions,
  type MappingKind,
} from "../../../functions/authenticator/mapping/kinds.ts";
import {
  checkMapping,
  USERNAME_MISSING,
} from "../../../functions/authenticator/mapping/mapping.ts";
import { permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { programName } from "../../cmdline/spelling.ts";
import { type End, type EndOptions, endOf } from "../../cmdline/times.ts";
import { usage } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { afterwards, denyListsFor } from "../../model/access/state.ts";
import { ACCESS_LEVELS, type AccessLevel, accessGroups } from "../../model/access-levels.ts";
import { deniedElsewhere, elsewhereSentence } from "../../model/denied-elsewhere.ts";
import { deniedIn, inOrder, nameOfEntry } from "../../model/entry.ts";
import {
  isActive,
  mayDeny,
  overlaps,
  type PlacedEntry,
  readValue,
} from "../../model/entry-arns.ts";
import { lint } from "../../model/lint/lint.ts";
import { hasKey, type VersionedParameters, valueText } from "../../model/stored.ts";
import { findTarget, partitionIn, type Target } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { planFor, warnOfSessionTrust } from "../../plan/changes.ts";
import { planClusters } from "../../plan/plan-clusters.ts";
import { readByName } from "../../plan/read.ts";
import { similarMapping } from "../../plan/similar.ts";
import {
  changedMapping,
  inheritedFromSet,
  type MappingOptions,
  mappingToChange,
} from "./changed-mapping.ts";

interface SetOptions extends StoreOptions, WriteOptions, EndOptions, MappingOptions {
  readonly session?: string;
}

export async function set(
  who: string,
  clusters: Clusters,
  options: SetOptions,
  run: Run,
): Promise<void> {
  const { access, namespace } = options;
  if (namespace !== undefined && access === undefined)
    throw usage("--namespace requires --access.");
  const endAt = endOf(options, ": the mapping would never apply. Nothing was written");
  if (access !== undefined) logBindings(access, namespace, run);
  warnOfLevels([options.group, options.addGroup].flat(), run);
  const planned = await planClusters(
    clusters,
    options,
    run,
    (connection, _, ownRun) => planSet(who, options, endAt, connection, ownRun),
    {
      partition: partitionIn(who),
      checkTarget: (store) => void findTarget(store, who, options.session),
    },
  );
  await carryOut(planned, options, run, { done: "Set" });
}

async function planSet(
  who: string,
  options: SetOptions,
  endAt: End,
  connection: Connection,
  run: Run,
) {
  const target = findTarget(connection, who, options.session);
  const { parameter } = target;
  const { kind } = target.address;
  const name = shortName(parameter, connection.review.prefix);
  if (kind === "deny")
    throw usage(`${name} is a deny list: change it with mappings deny and mappings allow.`);
  adviseOnRoleOfSet(target, run);
  const before = await readWithDenials(target, connection, run);
  const notAfter = endAt(connection.review.now);
  const inherited = await inheritedFromSet(target, options, connection, run);
  // A suggestion takes calls, so it is made only where a new mapping will be refused.
  const isIncomplete = (options.username ?? inherited.username) === undefined;
  const isRefused = isIncomplete || (hasArn(kind) && target.key.arn === undefined);
  const isTypo = !before.has(parameter) && isRefused;
  const meant = isTypo ? await similarMapping(target, connection, run) : "";
  const { old, isStored, put } = mappingToChange(
    name,
    target,
    before.get(parameter),
    inherited,
    connection.review.partition,
    meant,
  );
  const missing =
    options.removeGroup?.filter((group) => ![old["groups"]].flat().includes(group)) ?? [];
  if (missing.length > 0) run.log(`${name} has no group ${missing.join(", ")} to remove.\n`);
  const check = checkMapping(changedMapping(old, options, notAfter), kind);
  if (!check.valid)
    throw usage(`${name} would be invalid: ${problemWithOption(check.problem, kind)}.${meant}`);
  const mapping = inOrder(check.value);
  if (isStored && old["notAfter"] === undefined && mapping.notAfter !== undefined) {
    run.log(
      `${name} had no end: it ends for ${target.key.session ?? "everybody"} at ${mapping.notAfter}.\n`,
    );
  }
  const text = valueText(name, put(mapping));
  checkByLint(parameter, JSON.stringify(isListKind(kind) ? [mapping] : mapping), connection);
  const plan = planFor(before, new Map([[parameter, text]]));
  warnOfSessionTrust(plan.changes, connection, run);
  const value = readValue(parameter, { value: text, secure: false }, connection.review);
  const isSet = (entry: PlacedEntry) => !isListKind(kind) || hasKey(entry.mapping, target.key);
  const afterPlanned = afterwards(before, [{ name: parameter, value: text }]);
  const afterPlan = [
    ...value.entries.filter(isSet).flatMap((entry) => denialLines(entry, before, connection)),
    ...elsewhereSentence(
      deniedElsewhere([parameter], afterPlanned, connection.review),
      connection.review,
    ),
  ];
  return { plan, known: before, connection, judge: judgeAccess(), afterPlan };
}

/** Warns of groups with the name of an access level, which look as if they granted it. */
function warnOfLevels(groups: readonly (string | undefined)[], { log }: Run): void {
  for (const level of ACCESS_LEVELS.filter((name) => groups.includes(name)))
    log(
      `Warning: a group has only the access of its bindings, and ${level} is the name of a ClusterRole. For its access, use --access ${level}.\n`,
    );
}

/** Logs how to map a permission set, if the target is one of its roles. */
function adviseOnRoleOfSet({ address, key }: Target, { log }: Run): void {
  const role = key.arn?.slice(key.arn.lastIndexOf("/") + 1) ?? "";
  const permissionSet = address.kind === "role" ? permissionSetOf(role) : undefined;
  if (permissionSet === undefined) return;
  const advice = `To map the set, use sso/${address.account}/${permissionSet} as <who>.`;
  log(
    `${role} is a permission set's role, which IAM Identity Center may replace by another. ${advice}\n`,
  );
}

/**
 * Reads the mapping and the deny lists for it in one call. Without permission for the lists, it
 * reads only the mapping.
 */
async function readWithDenials({ parameter, address }: Target, connection: Connection, run: Run) {
  const lists = denyListsFor(address, connection.review);
  try {
    return await readByName([...new Set([parameter, ...lists])], connection, run);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    return readByName([parameter], connection, run);
  }
}

/**
 * Returns a line for the denials of the mapping's principal, one for those of its sessions, and one
 * for each invalid list. Denials take precedence: without these lines, a mapping that is written or
 * unchanged looks as if it granted access.
 */
function denialLines(
  entry: PlacedEntry,
  known: VersionedParameters,
  { review }: Connection,
): string[] {
  const lists = [...new Set(denyListsFor(entry, review))].map((list) => ({
    where: shortName(list, review.prefix),
    ...readValue(list, known.get(list), review),
  }));
  const invalid = lists.flatMap(({ where, problem }) =>
    problem === undefined
      ? []
      : [`${where} is invalid, and denies every identity that it covers: ${problem}.`],
  );
  const denials = lists.flatMap(({ where, entries }) =>
    entries.flatMap((denial) => {
      if (denial.kind !== "deny" || !isActive(denial, review) || !overlaps(denial, entry))
        return [];
      // Of a pattern or an account, a denial may cover some identities only.
      const isWhole = isOfOne(entry.kind) && mayDeny(denial, entry);
      return [{ where, denied: deniedIn(denial.mapping), isWhole }];
    }),
  );
  const lineFor = (isWhole: boolean) => {
    const some = denials.filter((denial) => denial.isWhole === isWhole);
    if (some.length === 0) return [];
    const by = [...new Set(some.map(({ where }) => where))].join(" and ");
    const who = listed(
      some.map(({ denied }) => denied),
      "",
      3,
    );
    const what = isWhole
      ? `${nameOfEntry(entry)} is`
      : `Some ${isOfOne(entry.kind) ? "sessions" : "identities"} of ${nameOfEntry(entry)} are`;
    const them = some.length === 1 ? "the denial" : "a denial";
    return [`${what} denied by ${by} (${who}). To remove ${them}: mappings allow.`];
  };
  return [...invalid, ...lineFor(true), ...lineFor(false)];
}

/** Returns the problem, with the option to type instead of the key. */
function problemWithOption(problem: string, kind: MappingKind): string {
  if (problem !== USERNAME_MISSING) return problem;
  const name = isWithoutSessions(kind) ? "<name>" : "'dev:{SessionName}'";
  return `a mapping requires a username. Add --username, such as --username ${name}`;
}

/**
 * Logs that the groups need bindings. A group without a binding grants nothing, and the command has
 * no access to the cluster.
 */
function logBindings(
  level: AccessLevel,
  namespaces: readonly string[] | undefined,
  { log, environment }: Run,
): void {
  const options = (namespaces ?? []).map((namespace) => ` --namespace ${namespace}`).join("");
  const [first, ...others] = accessGroups(level, namespaces);
  const groups =
    others.length === 0
      ? `The group ${first} needs`
      : `The groups ${[first, ...others].join(", ")} need`;
  const command = `${programName(environment)} rbac${options}`;
  log(`${groups} bindings in the cluster. Print them with: ${command}\n`);
  if (level === "admin-view")
    log("Warning: admin-view can read Secrets and run commands in Pods: see docs/rbac.md.\n");
}

/**
 * Throws if lint finds errors in a value with the changed mapping only: other entries of a list are
 * not checked.
 */
function checkByLint(parameter: string, value: string, { review }: Connection): void {
  const findings = lint(new Map([[parameter, { value, secure: false }]]), review);
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  throw usage(
    ...errors.map(({ where, message }) => `${where}: ${message}.`),
    "Nothing was written.",
  );
}
