// `mappings edit`: opens mappings and denials as a file in an editor, plans your changes, and
// writes them.

import { shortName } from "../../../functions/parameters/names.ts";
import { type Connection, withFunctions } from "../../aws/connection.ts";
import { openStore, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { createDraft } from "../../io/confirm.ts";
import { finding, usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { accountOf, readParameter } from "../../model/entry.ts";
import { placeEntries, readMappingFiles, writeLists } from "../../model/mapping-file.ts";
import { isSameValue } from "../../model/stored.ts";
import { findTarget } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { beforeWrites } from "../../plan/before-writes.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { planChanges, warnOfSessionTrust } from "../../plan/changes.ts";
import { planAndJudge } from "../../plan/judge.ts";
import type { ClusterPlan } from "../../plan/plan.ts";
import { destinationOf, readByName, readWithFunctions } from "../../plan/read.ts";
import { similarMapping } from "../../plan/similar.ts";
import { parametersIn, warnOfEnded } from "./compare.ts";

type EditOptions = StoreOptions & WriteOptions;

export async function edit(
  who: readonly string[],
  cluster: ChosenCluster,
  options: EditOptions,
  run: Run,
): Promise<void> {
  if (!run.interactive && !options.yes && !options.dryRun) {
    const { spell } = spellerFor(cluster, run.environment);
    throw usage(
      "mappings edit needs a terminal. Without one, change a file: " +
        `${spell("mappings export", "> all.yaml")}, then ${spell("mappings apply", "-f all.yaml")}`,
    );
  }
  const { connection, entries, where } = await beforeWrites(run, () =>
    openEntries(who, cluster, options, run),
  );
  const { prefix } = connection.review;
  const text = `# ${where}\n# Save and close to see the plan. It removes the entries that you remove.\n${writeLists(entries)}`;
  const draft = createDraft("mappings.yaml", text);
  let isKept = true;
  try {
    const { values: opened } = placeEntries(prefix, await readMappingFiles([draft.path], run));
    await draft.edit(run);
    const edited = await readMappingFiles([draft.path], run);
    const desired = parametersIn(edited, connection);
    warnOfEnded(edited, connection, run);
    const edits: Edits = { opened, desired };
    isKept = [...opened.keys(), ...desired.keys()].some((name) => isEdited(name, edits));
    if (!isKept) return run.log("Nothing was changed.\n");
    const isWhole = who.length === 0;
    const makePlan = () => planEdits(edits, isWhole, connection, run);
    const planned = await planAndJudge(cluster, makePlan, options, run);
    await carryOut({ isSeveral: false, clusters: [planned] }, options, run);
    isKept = options.dryRun === true;
  } finally {
    if (isKept && draft.read() !== text) run.log(`Your text is in ${draft.path}.\n`);
    else draft.remove();
  }
}

/** The values of parameters by name: as the file was opened, and as it is saved. */
interface Edits {
  readonly opened: ReadonlyMap<string, string>;
  readonly desired: ReadonlyMap<string, string>;
}

function isEdited(name: string, { opened, desired }: Edits): boolean {
  return !isSameValue(opened.get(name) ?? "[]", desired.get(name) ?? "[]");
}

/** Plans the changes of the file. Throws for a parameter that another operator has changed. */
async function planEdits(
  edits: Edits,
  isWhole: boolean,
  connected: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const { opened, desired } = edits;
  const names = new Set([...opened.keys(), ...desired.keys()]);
  const { mappings: known, connection } = await read(names, isWhole, connected, run);
  const stored = new Map([...known].filter(([name]) => isEdited(name, edits)));
  const wanted = new Map([...desired].filter(([name]) => isEdited(name, edits)));
  const plan = planChanges(stored, wanted, true);
  const other = plan.changes.find(
    ({ name, before }) => !isSameValue(opened.get(name) ?? "[]", before?.value ?? "[]"),
  );
  if (other !== undefined)
    throw finding(`${shortName(other.name, connection.review.prefix)} ${DIFFERS}`);
  warnOfSessionTrust(plan.changes, connection, run);
  return { plan, known, connection, judge: judgeAccess({ isWhole }) };
}

/** Reads these parameters, or with `isWhole` every mapping, and the functions that read them. */
async function read(
  names: ReadonlySet<string>,
  isWhole: boolean,
  connection: Connection,
  run: Run,
): ReturnType<typeof readWithFunctions> {
  return isWhole
    ? readWithFunctions(connection, run)
    : { mappings: await readByName([...names], connection, run), connection };
}

/** Reads the entries to edit. Logs those that a file cannot have. */
async function openEntries(
  who: readonly string[],
  cluster: ChosenCluster,
  options: EditOptions,
  run: Run,
) {
  const store = await openStore(cluster, options, run);
  const { prefix, partition } = store.review;
  const targets = who.map((name) => findTarget(store, name));
  const named = new Set(targets.map(({ parameter }) => parameter));
  const connected = await withFunctions(store, cluster.neighbours ?? [], run);
  const { mappings: found, connection } = await read(named, who.length === 0, connected, run);
  const missing = targets.find(({ parameter }) => !found.has(parameter));
  if (missing !== undefined) {
    const meant = await similarMapping(missing, connection, run);
    throw finding(
      `${shortName(missing.parameter, prefix)} does not exist: add it with mappings set.${meant}`,
    );
  }
  const entries = [...found].flatMap(([name, stored]) => {
    const { entries: all, problems } = readParameter(prefix, name, stored, partition);
    const isMoved = all.some(({ kind, account, mapping }) => {
      return kind === "deny" && "arnLike" in mapping && accountOf(mapping.arnLike) !== account;
    });
    const problem =
      problems[0] ?? (isMoved ? "a file would move a denial to another list" : undefined);
    if (problem !== undefined) run.log(`Skipped ${shortName(name, prefix)}: ${problem}.\n`);
    return problem === undefined ? all : [];
  });
  const where = await destinationOf(connection, found, run);
  if (entries.length === 0) throw finding(`Nothing to edit in ${where}.`);
  return { connection, entries, where };
}

const DIFFERS =
  "differs from the opened file: another operator changed it, or it was not opened. Nothing was written.";
