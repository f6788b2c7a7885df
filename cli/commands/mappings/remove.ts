// `mappings remove`: takes mappings away, with their history.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding, silentExit } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { isFor, listItems } from "../../mapping-file/list-value.ts";
import { shortName } from "../../mapping-file/parameter-name.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, type WriteOptions } from "../../options.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { readSome } from "../../parameter-store/read.ts";
import { executePlan } from "../../plan/execute.ts";
import type { Change } from "../../plan/plan.ts";
import { readForGuard } from "../../plan/read-for-guard.ts";
import { findTarget, TARGET_HELP, type Target } from "./target.ts";

type RemoveOptions = ConnectionOptions & WriteOptions;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const AT_ONCE = 10;

export function removeCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "remove",
    summary: "remove mappings",
    details: `Parameter Store deletes the history of a removed parameter; the plan shows what it held.\n\n${TARGET_HELP}`,
    examples: ["iam-authenticator mappings remove -c prod arn:aws:iam::111122223333:user/alice --dry-run"],
  }).argument("<who...>");
  return addWrite(addReading(addConnection(command))).action((who: string[], options: RemoveOptions) =>
    remove(who, options, io),
  );
}

async function remove(who: readonly string[], options: RemoveOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const targets = who.map((name) => findTarget(connection, name));
  const names = [...new Set(targets.map(({ parameter }) => parameter))];
  const found = new Map<string, Stored>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const some = await readSome(connection.ssm, names.slice(i, i + AT_ONCE), io.interrupted);
    for (const [name, stored] of some) found.set(name, stored);
  }
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
  const current = await readForGuard(changes, found, connection, options, io);
  await executePlan({ changes, unchanged: 0, extra: [] }, current, connection, options, io);
  // Perhaps a typing mistake, or an earlier run that was interrupted has removed it already.
  if (missing.length > 0) throw silentExit();
}

interface Removal {
  readonly change?: Change;
  /** Sentences. */
  readonly missing: readonly string[];
}

/** Of a list of patterns only those that are named; the parameter goes with the last one. */
function removal(prefix: string, parameter: string, targets: readonly Target[], before: Stored | undefined): Removal {
  const name = shortName(parameter, prefix);
  if (before === undefined) return { missing: [`${name} does not exist.`] };
  const patterns = targets.flatMap(({ key }) => key.arnLike ?? []);
  const whole: Change = { action: "remove", name: parameter, before, value: undefined };
  if (patterns.length < targets.length) return { change: whole, missing: [] };
  const isRemoved = (item: unknown) => patterns.some((pattern) => isFor(item, pattern));
  const items = listItems(name, before, "pattern", isRemoved);
  const missing = patterns
    .filter((pattern) => !items.some((item) => isFor(item, pattern)))
    .map((pattern) => `${name} has no pattern ${pattern}.`);
  const kept = items.filter((item) => !isRemoved(item));
  if (kept.length === items.length) return { missing };
  if (kept.length === 0) return { change: whole, missing };
  return { change: { action: "change", name: parameter, before, value: JSON.stringify(kept) }, missing };
}
