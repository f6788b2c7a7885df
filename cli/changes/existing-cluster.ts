// Checks that a cluster exists, which is where a parameter exists: a typo in --cluster must not create or hide one.

import { callersParameter } from "../../functions/authenticator/caller/caller.ts";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { issuerPath } from "../../functions/issuer/keys.ts";
import { nearest } from "../../functions/lib/nearest.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { readConfig } from "../config.ts";
import { finding, usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { placeOf } from "./destination.ts";
import { pagesBelow, readMappings } from "./read-mappings.ts";

type Known = ReadonlyMap<string, Stored>;

/**
 * Requires --new to write to a cluster without parameters. A dry run has the same answer.
 *
 * @param known the cluster's parameters that were read: one is enough to prove that it exists
 */
export async function requireCluster(
  known: Known,
  connection: Connection,
  options: { readonly new?: true; readonly dryRun?: true },
  io: IOStreams,
): Promise<void> {
  if ((await exists(known, connection, io)) || options.new) return;
  const lines = `${await absence(connection, io)} To write to a new cluster, use --new.`;
  throw options.dryRun ? finding(lines) : usage(lines);
}

/** Throws for a cluster without parameters: its empty output would look like that of a cluster without mappings. */
export async function requireParameters(known: Known, connection: Connection, io: IOStreams): Promise<void> {
  if (!(await exists(known, connection, io))) throw finding(await absence(connection, io));
}

/** Also without permission to read it. Throws if other clusters are stored below its prefix. */
async function exists(known: Known, connection: Connection, io: IOStreams): Promise<boolean> {
  const { prefix } = connection.context;
  const isOwn = (name: string) => isOfCluster(prefix, name);
  if ([...known.keys()].some(isOwn)) return true;
  const others: string[] = [];
  try {
    for await (const name of namesIn(connection, io)) {
      if (isOwn(name)) return true;
      others.push(name);
    }
  } catch (error) {
    // After any other error, such as no response, a write could create the cluster of a typo.
    if (!(error instanceof Error && /^AccessDenied/.test(error.name))) throw error;
    const { clusterId } = connection.settings;
    io.log(`Cannot check whether the cluster ${clusterId} exists: no permission for ssm:GetParametersByPath.\n`);
    return true;
  }
  const [below] = others.flatMap((name) => prefixesOf(name).find((one) => isOfCluster(one, name)) ?? []);
  if (below === undefined) return false;
  throw usage(
    `${prefix} is not the prefix of a cluster: clusters are stored below it, such as ${below}. Check --prefix.`,
  );
}

/** Whether a function with this prefix, or its issuer, reads the parameter. */
function isOfCluster(prefix: string, name: string): boolean {
  const isKey = name.startsWith(`${issuerPath(prefix)}/`) && /\/[\w-]{43}$/.test(name);
  return isKey || name === callersParameter(prefix) || readName(prefix, name) !== undefined;
}

/** Longest first. */
function prefixesOf(name: string): string[] {
  const parent = name.replace(/\/[^/]*$/, "");
  return parent === "" ? [] : [parent, ...prefixesOf(parent)];
}

/** With --account, reads only what a team with permissions for its account may read. */
async function* namesIn(connection: Connection, io: IOStreams): AsyncGenerator<string> {
  const { account, context, ssm } = connection;
  if (account === undefined) {
    for await (const page of pagesBelow(context.prefix, connection, io)) for (const { name } of page) yield name;
    return;
  }
  yield* (await readMappings(connection, io)).keys();
  const ofAny = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  yield* (await readSome(ssm, ofAny, io.interrupted)).keys();
}

/** Sentences about a cluster without parameters. */
async function absence(connection: Connection, io: IOStreams): Promise<string> {
  const { account, context, settings } = connection;
  const { clusterId } = settings;
  const [of, option] = account === undefined ? ["", ""] : [` of account ${account}`, "--account, "];
  const contexts = [...((await readConfig(io.environment))?.contexts.keys() ?? [])];
  const similar = nearest(
    clusterId,
    contexts.filter((name) => name !== clusterId),
  );
  const suggestion = similar === undefined ? "" : ` Did you mean ${similar}?`;
  const where = `below ${context.prefix} in ${await placeOf(connection, undefined, io)}`;
  return `The cluster ${clusterId} has no parameter${of} ${where}.${suggestion} Check ${option}--cluster, --region and --profile.`;
}
