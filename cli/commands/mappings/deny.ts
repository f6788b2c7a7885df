// `mappings deny`: denies an identity, with precedence over all mappings.

import type { Command } from "commander";
import { checkDenyEntry, isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { nearest } from "../../../functions/lib/text.ts";
import type { Connection } from "../../aws/connection.ts";
import type { ClustersOptions } from "../../cmdline/clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { CONNECTIONS, READING, WRITE, type WriteOptions, withOptions } from "../../cmdline/options.ts";
import { type End, type EndOptions, end, endOf } from "../../cmdline/times.ts";
import { EXIT, Failure, finding, usage } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { IOStreams } from "../../io/streams.ts";
import { accountOf, given, readParameter } from "../../model/entry.ts";
import { shortName } from "../../model/evaluation.ts";
import { possibleIdentities, roleNamed } from "../../model/person.ts";
import { isFor, listItems, type Stored, withItem } from "../../model/stored.ts";
import { checkAccount, checkOneArn, DENY_HELP, findDenyTarget, partitionIn } from "../../model/target.ts";
import { type Plan, planFor } from "../../plan/changes.ts";
import { Absent, carryOut, planClusters } from "../../plan/clusters.ts";
import type { ClusterPlan } from "../../plan/propose.ts";
import { readByName, readMappings, requireCluster } from "../../plan/read.ts";
import { effectOf, mayEndAccess, parametersFor, similarMapping, warnOfFederatedUsers } from "./deny-effect.ts";

interface DenyOptions extends ClustersOptions, WriteOptions, EndOptions {
  readonly session?: string;
  readonly description?: string;
  readonly person?: true;
}

export function denyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Denials take precedence over mappings. Requests that are open (watch, exec, attach, port-forward) go on until " +
      "kube-apiserver restarts. To remove a denial, use mappings allow. If <who> is already denied, this sets the " +
      `end of the denial to --until or --for, or removes the end without them.\n\n${DENY_HELP}\n\n` +
      "A name, such as jane@example.com, denies what that person can be: sessions of that name of every mapped role and " +
      "permission set, and users of that name. If a role or permission set has that name too, add --person. With several clusters, the command shows one plan, asks once, and goes on " +
      "if one cluster fails.",
    examples: [
      "iam-authenticator mappings deny -c prod arn:aws:iam::111122223333:user/mallory",
      "iam-authenticator mappings deny jane@example.com -c prod -c staging --description 'left the company'",
      "iam-authenticator mappings deny -c prod sso/111122223333/ClusterAdmin \\",
      "    --session jane@example.com --until 2099-12-31T00:00:00Z --description 'on leave'",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTIONS, READING, WRITE, end("the denial"))
    .option("--session <name>", "only this session of a role or permission set")
    .option("--description <text>")
    .option("--person", "<who> is the name of a person, even if a role or permission set has the same name")
    .action((who: string, options: DenyOptions) => deny(who, options, io));
}

async function deny(who: string, options: DenyOptions, io: IOStreams): Promise<void> {
  const endAt = endOf(options, "");
  checkOneArn(who);
  const isPerson = isPersonName(who);
  if (isPerson && options.session !== undefined) {
    throw usage(`--session requires a role or a permission set. The name ${who} alone denies its sessions.`);
  }
  if (options.person && !isPerson) throw usage(`--person requires a name, such as jane@example.com, not ${who}.`);
  const plan = isPerson ? planPerson : planOne;
  const judged: Judged[] = [];
  const planned = await planClusters(
    options,
    io,
    (connection, one, own) => plan(who, one, endAt, connection, own, judged),
    partitionIn(who),
  );
  // A role's name in one cluster must deny no sessions in the others.
  const role = planned.failed.find(({ failure }) => failure instanceof RoleName);
  if (role !== undefined) throw role.failure;
  // A cluster that could not be read may have the mapping.
  const isUnmapped = planned.failed.length === 0 && judged.length > 0 && judged.every(({ endsAccess }) => !endsAccess);
  const names = (connection: Connection) => ifReadable((own) => readMappings(connection, own), io);
  const known = isUnmapped ? await Promise.all(judged.map(({ connection }) => names(connection))) : [];
  const [meant] = judged.flatMap(({ arnLike, connection }, at) => {
    return similarMapping(arnLike, known[at]?.keys() ?? [], connection.review.prefix) ?? [];
  });
  const sentence = `No stored mapping applies to ${who}: no access ends.${meant === undefined ? "" : ` Did you mean ${meant}?`}`;
  if (isUnmapped) io.log(`${sentence}\n`);
  await carryOut(planned, options, io, { done: "Denied", goesOn: true });
  if (meant !== undefined) throw finding(sentence);
}

/** A denial must wait neither for other operators nor for the function's settings. */
const DENIES = { merges: true, gives: "no access" } as const;

/** A planned denial of an ARN or pattern in one cluster. */
interface Judged {
  readonly arnLike: string;
  readonly connection: Connection;
  readonly endsAccess: boolean;
}

/** Of a large cluster, a denial must not wait for all mappings. */
const LOOK_MS = 5_000;

/** `undefined` if it fails or takes long: this must not stop a denial, for which reading the deny list is enough. */
async function ifReadable<T>(read: (own: IOStreams) => Promise<T>, io: IOStreams): Promise<T | undefined> {
  const limited = AbortSignal.any([io.interrupted, AbortSignal.timeout(LOOK_MS)]);
  return read({ ...io, interrupted: limited }).catch((error: unknown) => {
    if (io.interrupted.aborted) throw error;
    return undefined;
  });
}

/** The name is that of a mapped role or permission set. */
class RoleName extends Failure {}

async function planOne(
  who: string,
  options: DenyOptions,
  endAt: End,
  connection: Connection,
  io: IOStreams,
  judged: Judged[],
): Promise<ClusterPlan> {
  const { review, account } = connection;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const names = parametersFor(arnLike, review.prefix);
  const own = names?.filter((name) => account === undefined || !name.endsWith("/any")) ?? [];
  const read = (some: readonly string[], ofRead: IOStreams) =>
    readByName([...new Set([parameter, ...some])], connection, ofRead);
  const all = await ifReadable((one) => (names === undefined ? readMappings(connection, one) : read(own, one)), io);
  const known = all ?? (await read([], io));
  const plan = planDenials([arnLike], endAt, options, known, connection);
  await warnOfFederatedUsers(arnLike, plan, connection, io);
  const endsAccess = all === undefined || account !== undefined || mayEndAccess([arnLike], all, review);
  judged.push({ arnLike, connection, endsAccess });
  return { plan, known, connection, ...DENIES, ...effectOf([arnLike], connection, io, [], endsAccess) };
}

async function planPerson(who: string, options: DenyOptions, endAt: End, connection: Connection, io: IOStreams) {
  const { review, account } = connection;
  const known = await readMappings(connection, io);
  await requireCluster(known, connection, options, io);
  if (account !== undefined) {
    io.log("Not checked: pattern/any and other accounts. Without --account, the command reads them too.\n");
  }
  const role = options.person ? undefined : roleNamed(who, known, review);
  if (role !== undefined) {
    const { kind, account, name } = role.entry;
    const advice =
      kind === "role" ? "To deny the role, give its ARN." : `To deny the permission set, give sso/${account}/${name}.`;
    throw new RoleName(EXIT.usage, `"${who}" is ${role.mapping}. ${advice} For a person of that name, add --person.`);
  }
  const found = possibleIdentities(who, known, review);
  if (found.length === 0) {
    const users = [...known].flatMap(([name, one]) => readParameter(review.prefix, name, one).entries);
    const meant = nearest(
      who,
      users.flatMap(({ kind, name, mapping }) => mapping.session ?? (/user$/.test(kind) ? name : [])),
    );
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw new Absent(EXIT.finding, `Nothing to deny: no mapping is for a session or a user named ${who}.${hint}`);
  }
  const names = found.map(({ kind, mapping }) =>
    /^(?:federated-)?user\//.test(mapping) ? mapping : `a ${kind} of ${mapping}`,
  );
  io.log(`${who} can be ${listed(names, "", 20)}.\n`);
  const patterns = [...new Set(found.map(({ arnLike }) => arnLike))];
  for (const arnLike of patterns) checkAccount(account, { account: accountOf(arnLike) }, arnLike);
  const plan = planDenials(patterns, endAt, options, known, connection);
  return { plan, known, connection, isWhole: true, ...DENIES, ...effectOf(patterns, connection, io, found) };
}

/** Denials that exist keep their position and their description. */
function planDenials(
  patterns: readonly string[],
  endAt: End,
  { description }: DenyOptions,
  known: ReadonlyMap<string, Stored>,
  { review: { prefix, partition, now } }: Connection,
): Plan {
  const notAfter = endAt(now);
  const byList = Map.groupBy(patterns, (arnLike) => denyParameter(prefix, accountOf(arnLike)));
  const desired = [...byList].map(([parameter, some]) => {
    const name = shortName(parameter, prefix);
    const isChanged = (item: unknown) => some.some((arnLike) => isFor(item, arnLike));
    let items = listItems(name, known.get(parameter), "deny", isChanged, partition);
    for (const arnLike of some) {
      const isIt = (item: unknown) => isFor(item, arnLike);
      const old = items.find(isIt);
      const text = description ?? (isObject(old) ? old["description"] : undefined);
      const wanted = given({ arnLike: isObject(old) ? old["arnLike"] : arnLike, notAfter, description: text });
      const check = checkDenyEntry(wanted, { partition });
      if (!check.valid) throw usage(`${arnLike}: ${check.problem}. Nothing was written.`);
      items = withItem(items, isIt, wanted);
    }
    return [parameter, JSON.stringify(items)] as const;
  });
  return planFor(known, new Map(desired));
}
