// `explain <name>`: lists what a person can be in the cluster, and the access of each of these identities.

import type { Connection } from "../aws/connection.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { readMappings } from "../changes/read-mappings.ts";
import { finding, silentExit, usage } from "../errors.ts";
import { supposeIdentity } from "../evaluation.ts";
import { shortName } from "../function-settings.ts";
import { identitiesNamed, roleNamed } from "../mappings/deny-effect.ts";
import type { OutputFormat } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import { type Explanation, explainIdentity } from "./steps.ts";

export async function explainPerson(
  who: string,
  output: OutputFormat,
  connection: Connection,
  io: IOStreams,
): Promise<void> {
  const { context } = connection;
  const known = await readMappings(connection, io);
  await requireParameters(known, connection, io);
  const role = roleNamed(who, known, context)?.mapping.replace("sso-session/", "sso/");
  if (role !== undefined) throw usage(`"${who}" is ${role}. To explain it, give that name, or its ARN.`);
  const found = new Map(identitiesNamed(who, known, context).map((one) => [one.arnLike, one]));
  if (found.size === 0) throw finding(`No mapping grants access to a session or a user named ${who}.`);
  const services = {
    readParameters: async () => ({ parameters: known, cached: false, stale: false }),
    findNodeName: async () => ({ refusal: "not an instance" }),
  };
  const explaining = [...found.values()].map(async ({ kind, arnLike, mapping }) => {
    // One of the identities that a pattern matches.
    const sample = supposeIdentity(arnLike.replaceAll("?", "0").replaceAll("*", "any"));
    const explained = sample && (await explainIdentity(sample, connection, io, services));
    const { username = "", groups = [] } = explained?.user ?? {};
    const parameter = explained ? shortName(explained.parameter ?? "", context.prefix) : mapping;
    const verdict = explained === undefined ? "depends on the account" : verdictOf(explained);
    return { kind, parameter, verdict, username, groups };
  });
  const items = await Promise.all(explaining);
  const headers = ["as", "mapping", "verdict", "username", "groups"];
  const row = (one: (typeof items)[number]) => [
    one.kind,
    one.parameter,
    one.verdict,
    one.username,
    one.groups.join(","),
  ];
  await printList({ items, headers, row }, { output, headers: true }, io);
  if (items.every(({ verdict }) => verdict !== "granted")) throw silentExit();
}

/** Whether a pinned mapping applies depends on the id, which a name does not have. */
function verdictOf({ refusal }: Explanation): string {
  if (refusal === undefined) return "granted";
  return refusal.code === "mapping_mismatch" ? "depends on principalId" : `denied, ${refusal.code}`;
}
