// `mappings remove`: takes mappings away, with their history.

import type { Command } from "commander";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding, silentExit } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
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
    details: `Parameter Store drops the history of what is removed; the plan shows what it was.\n\n${TARGET_HELP}`,
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
      name,
      targets.filter(({ parameter }) => parameter === name),
      found.get(name),
    ),
  );
  const missing = removals.flatMap(({ missing }) => missing);
  const changes = removals.flatMap(({ change }) => change ?? []);
  if (changes.length === 0) throw finding(`${missing.join("\n")}\nNothing was removed.`);
  for (const line of missing) io.tell(`${line}\n`);
  const current = await readForGuard(changes, found, connection, options, io);
  await executePlan({ changes, unchanged: 0, extra: [] }, current, connection, options, io);
  // Perhaps a slip of the pen; or it is gone already, since this runs for the second time after an interruption.
  if (missing.length > 0) throw silentExit();
}

interface Removal {
  readonly change?: Change;
  /** Sentences. */
  readonly missing: readonly string[];
}

/** Of a list of patterns only those that are named; the parameter goes with the last one. */
function removal(name: string, targets: readonly Target[], before: Stored | undefined): Removal {
  if (before === undefined) return { missing: [`There is no parameter ${name}.`] };
  const patterns = targets.flatMap(({ key }) => key.arnLike ?? []);
  const whole: Change = { action: "remove", name, before, value: undefined };
  if (patterns.length < targets.length) return { change: whole, missing: [] };
  const list = parseJson(before.value);
  const items: unknown[] = Array.isArray(list) ? list : [];
  const isOf = (item: unknown, pattern: string) => isObject(item) && item["arnLike"] === pattern;
  const missing = patterns
    .filter((pattern) => !items.some((item) => isOf(item, pattern)))
    .map((pattern) => `${name} has no pattern ${pattern}.`);
  const kept = items.filter((item) => !patterns.some((pattern) => isOf(item, pattern)));
  if (kept.length === items.length) return { missing };
  const change: Change = kept.length === 0 ? whole : { action: "change", name, before, value: JSON.stringify(kept) };
  return { change, missing };
}
