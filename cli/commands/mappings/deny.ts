// `mappings deny`: denies an identity, with precedence over all mappings.

import type { Command } from "commander";
import { isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import type { Connection } from "../../aws/connection.ts";
import { describe } from "../../cmdline/define.ts";
import { CONNECTIONS, READING, WRITE, withOptions } from "../../cmdline/options.ts";
import { end, endOf } from "../../cmdline/times.ts";
import { finding, usage } from "../../io/errors.ts";
import type { IOStreams } from "../../io/streams.ts";
import { sessionProgram } from "../../model/session-programs.ts";
import { checkOneArn, DENY_HELP, findDenyTarget, partitionIn } from "../../model/target.ts";
import { carryOut, planClusters } from "../../plan/clusters.ts";
import type { ClusterPlan } from "../../plan/propose.ts";
import { readByName, readMappings } from "../../plan/read.ts";
import { effectOf, mayEndAccess, parametersFor, similarMapping, warnOfFederatedUsers } from "./deny-effect.ts";
import { DENIES, type DenyOptions, ifReadable, planDenials, type Terms } from "./deny-list.ts";
import { type PersonPlans, personEnding, planPerson, RefusedName } from "./deny-person.ts";

export function denyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Denials take precedence over mappings. Requests that are open (watch, exec, attach, port-forward) go on until " +
      "kube-apiserver restarts. To remove a denial, use mappings allow. If <who> is already denied, this sets the " +
      `end of the denial to --until or --for, or removes the end without them.\n\n${DENY_HELP}\n\n` +
      "A name, such as jane@example.com, denies every session, IAM user and federated user of that name, whatever is mapped " +
      "now or later. If a role or permission set has that name too, add --person. Where a function does not know names, or " +
      "accepts AWS-signed tokens, the command denies what that person can be by the mappings instead. With several " +
      "clusters, the command shows one plan, asks once, and goes on if one cluster fails.",
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
  const terms = { endAt, description: options.description };
  if (isPerson) return denyPerson(who, options, terms, io);
  const judged: Judged[] = [];
  const planned = await planClusters(
    options,
    io,
    (connection, one, own) => planOne(who, one, terms, connection, own, judged),
    partitionIn(who),
  );
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

async function denyPerson(who: string, options: DenyOptions, terms: Terms, io: IOStreams): Promise<void> {
  const { program, isConstant = false } = sessionProgram(who) ?? {};
  if (isConstant && !options.force) {
    throw usage(
      `${who} is the name of every session of ${program}: this denies everybody who uses it. To deny them all, add --force. ` +
        "To deny one of them, deny the IAM user or the session of the permission set behind the role.",
    );
  }
  const plans: PersonPlans = { judged: [], ending: undefined };
  const planned = await planClusters(options, io, (connection, one, own) =>
    planPerson(who, one, terms, connection, own, plans),
  );
  const { judged } = plans;
  const refused = planned.failed.find(({ failure }) => failure instanceof RefusedName);
  if (refused !== undefined) throw refused.failure;
  // A cluster that could not be read may have the mapping.
  const isJudged = planned.failed.length === 0 && judged.length > 0;
  const { sentence, meant } = isJudged ? await personEnding(who, judged) : {};
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  plans.ending = sentence;
  if (sentence !== undefined) io.log(`${sentence}${hint}\n`);
  await carryOut(planned, options, io, { done: "Denied", goesOn: true });
  // With those of the plans that replaced one whose write AWS refused.
  const uncovered = judged.flatMap((cluster) => cluster.uncovered);
  const left = uncovered.length === 0 ? [] : [`${who} is not denied everywhere. Not covered: ${uncovered.join("; ")}.`];
  if (meant !== undefined) left.push(`${sentence}${hint}`);
  if (left.length > 0) throw finding(...left);
}

/** A planned denial of an ARN or pattern in one cluster. */
interface Judged {
  readonly arnLike: string;
  readonly connection: Connection;
  readonly endsAccess: boolean;
}

async function planOne(
  who: string,
  options: DenyOptions,
  terms: Terms,
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
  const plan = planDenials([arnLike], terms, known, connection);
  await warnOfFederatedUsers(arnLike, plan, connection, io);
  const endsAccess = all === undefined || account !== undefined || mayEndAccess([arnLike], all, review);
  judged.push({ arnLike, connection, endsAccess });
  return { plan, known, connection, ...DENIES, ...effectOf([arnLike], connection, io, [], endsAccess) };
}
