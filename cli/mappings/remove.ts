// `mappings remove`: removes mappings and their history.

import type { Command } from "commander";
import { connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { executePlan } from "../changes/execute-plans.ts";
import { requireCluster } from "../changes/existing-cluster.ts";
import { type Change, removalOf } from "../changes/plan.ts";
import { describe } from "../command.ts";
import { finding, silentExit } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hasKey, listItems } from "./file/read-parameter.ts";
import { findTarget, TARGET_HELP, type Target } from "./target.ts";

type RemoveOptions = ConnectionOptions & WriteOptions & { readonly session?: string };

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const AT_ONCE = 10;

export function removeCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: `Parameter Store deletes the history of a removed parameter; the plan shows its last value.\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings remove -c prod arn:aws:iam::111122223333:user/alice --dry-run",
      "iam-authenticator mappings remove -c prod sso/111122223333/Developers --session jane@example.com",
    ],
  }).argument("<who...>");
  return addWrite(addReading(addConnection(command)))
    .option("--session <name>", "only the mapping of this session of the permission set")
    .action((who: string[], options: RemoveOptions) => remove(who, options, io));
}

async function remove(who: readonly string[], options: RemoveOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const targets = who.map((name) => findTarget(connection, name, options.session));
  const names = [...new Set(targets.map(({ parameter }) => parameter))];
  const found = new Map<string, Stored>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const some = await readSome(connection.ssm, names.slice(i, i + AT_ONCE), io.interrupted);
    for (const [name, stored] of some) found.set(name, stored);
  }
  await requireCluster(found, connection, options, io);
  const removals = names.map((name) =>
    removal(
      connection.context.prefix,
      name,
      targets.filter(({ parameter }) => parameter === name),
      found.get(name),
    ),
  );
  const missing = removals.flatMap(({ missing }) => missing);
  const changes = removals.flatMap(({ change }) => change ?? []);
  if (changes.length === 0) throw finding(...missing, "Nothing was removed.");
  for (const line of missing) io.tell(`${line}\n`);
  await executePlan({ plan: { changes, unchanged: 0, extra: [] }, known: found, connection }, options, io);
  // Either a typo, or an earlier, interrupted run already removed it.
  if (missing.length > 0) throw silentExit();
}

interface Removal {
  readonly change?: Change;
  /** Sentences. */
  readonly missing: readonly string[];
}

/** Removes the parameter, or only the named entries of a list. */
function removal(prefix: string, parameter: string, targets: readonly Target[], before: Stored | undefined): Removal {
  const name = shortName(parameter, prefix);
  if (before === undefined) return { missing: [`${name} does not exist.`] };
  const kind = targets[0]?.address.kind === "sso-session" ? "sso-session" : "pattern";
  const keys = targets.map(({ key }) => key).filter(({ arnLike, session }) => (arnLike ?? session) !== undefined);
  if (keys.length < targets.length) {
    const [change] = removalOf(before);
    return change === undefined ? { missing: [`${name} is already empty.`] } : { change, missing: [] };
  }
  const isRemoved = (item: unknown) => keys.some((key) => hasKey(item, key));
  const items = listItems(name, before, kind, isRemoved);
  const missing = keys
    .filter((key) => !items.some((item) => hasKey(item, key)))
    .map(
      ({ arnLike, session }) =>
        `${name} has no ${session === undefined ? `pattern ${arnLike}` : `session ${session}`}.`,
    );
  const kept = items.filter((item) => !isRemoved(item));
  if (kept.length === items.length) return { missing };
  return { change: { action: "change", name: parameter, before, value: JSON.stringify(kept) }, missing };
}
