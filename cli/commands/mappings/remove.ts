// `mappings remove`: removes mappings and their history.

import { isListKind } from "../../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { didYouMean } from "../../../functions/lib/text.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { type Speller, spellerFor } from "../../cmdline/spelling.ts";
import { EXIT, silentExit, usage } from "../../io/errors.ts";
import { optionWords, shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import {
  accountOf,
  deniedIn,
  identityName,
  NOT_A_MAPPING,
  readParameter,
} from "../../model/entry.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import { hasKey, listItems, textsOf, type VersionedParameter } from "../../model/stored.ts";
import { findTarget, partitionIn, type Target } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { type Change, removalOf } from "../../plan/changes.ts";
import { type ClusterPlan, EFFECT, judgedPlans } from "../../plan/plan.ts";
import { Absent, planClusters } from "../../plan/plan-clusters.ts";
import { readByName, requireCluster } from "../../plan/read.ts";
import { similarMapping } from "../../plan/similar.ts";

type RemoveOptions = StoreOptions & WriteOptions & { readonly session?: string };

export async function remove(
  who: readonly string[],
  clusters: Clusters,
  options: RemoveOptions,
  run: Run,
): Promise<void> {
  const planned = await planClusters(
    clusters,
    options,
    run,
    (connection, cluster, ownRun) => planRemovals(who, cluster, options, connection, ownRun),
    {
      partition: partitionIn(who[0] ?? ""),
      checkTarget: (store) => void who.map((name) => findTarget(store, name, options.session)),
    },
  );
  await carryOut(planned, options, run, { done: "Removed" });
  // Either a typo, or an earlier, interrupted run already removed it.
  if (judgedPlans(planned).every(({ missing }) => missing.length > 0)) throw silentExit();
}

/**
 * Plans the removals in one cluster. `missing` are sentences about what does not exist there.
 * Throws if nothing does.
 */
async function planRemovals(
  who: readonly string[],
  cluster: ChosenCluster,
  options: RemoveOptions,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan & { readonly missing: readonly string[] }> {
  const { review } = connection;
  const targets = Map.groupBy(
    who.map((name) => findTarget(connection, name, options.session)),
    ({ parameter }) => parameter,
  );
  const known = await readByName([...targets.keys()], connection, run);
  await requireCluster(known, connection, options, run);
  // <who> may name one by a character that IAM does not allow, such as role/111122223333/é.
  const ignored = [...known.keys()].find((name) => readName(review.prefix, name) === undefined);
  if (ignored !== undefined)
    throw usage(`${shortName(ignored, review.prefix)}: ${NOT_A_MAPPING}.`, "Nothing was removed.");
  const removals: Removal[] = [];
  for (const [parameter, some] of targets) {
    const [target] = some;
    const before = known.get(parameter);
    const isTypo = target !== undefined && before === undefined;
    const meant = isTypo ? await similarMapping(target, connection, run) : "";
    removals.push(removal(shortName(parameter, review.prefix), some, before, meant));
  }
  const missing = removals.flatMap((found) => found.missing);
  const changes = removals.flatMap((found) => found.changes);
  if (changes.length === 0) throw new Absent(EXIT.finding, [...missing, "Nothing was removed."]);
  for (const line of missing) run.log(`${line}\n`);
  const speller = spellerFor(cluster, run.environment);
  const effect = () => [
    EFFECT,
    ...changes.flatMap((change) => commandsAgain(change, speller, review)),
  ];
  const plan = { changes, unchanged: 0, extra: [] };
  return { plan, known, connection, judge: judgeAccess(), effect, missing };
}

interface Removal {
  readonly changes: readonly Change[];
  /** Sentences about what does not exist. */
  readonly missing: readonly string[];
}

/**
 * Plans to remove the parameter, or only the named entries of a list.
 *
 * @param meant the suggestion for a name that is not stored; may be empty
 */
function removal(
  name: string,
  targets: readonly Target[],
  before: VersionedParameter | undefined,
  meant: string,
): Removal {
  if (before === undefined) return { changes: [], missing: [`${name} does not exist.${meant}`] };
  const keys = targets
    .map(({ key }) => key)
    .filter(({ arnLike, session }) => (arnLike ?? session) !== undefined);
  const address = targets[0]?.address;
  if (address === undefined || !isListKind(address.kind) || keys.length < targets.length) {
    const changes = removalOf(before);
    return { changes, missing: changes.length === 0 ? [`${name} is already empty.`] : [] };
  }
  const isRemoved = (item: unknown) => keys.some((key) => hasKey(item, key));
  const { kind, account } = address;
  const items = listItems(name, before, { kind, account }, isRemoved);
  const others = keys.filter((key) => !items.some((item) => hasKey(item, key)));
  const missing = others.map(({ arnLike, session }) => {
    const [word, key] = session === undefined ? ["pattern", arnLike] : ["session", session];
    const stored = textsOf(items, session === undefined ? "arnLike" : "session");
    return `${name} has no ${word} ${key}.${didYouMean(key ?? "", stored)}`;
  });
  const remaining = items.filter((item) => !isRemoved(item));
  if (remaining.length === items.length) return { changes: [], missing };
  const change: Change = {
    action: "change",
    name: before.name,
    before,
    value: JSON.stringify(remaining),
  };
  return { changes: [change], missing };
}

/**
 * The option of `mappings set` and `mappings deny` for each key. It is a record, so that a new key
 * does not compile without one.
 */
const OPTIONS: Readonly<Record<Exclude<keyof Mapping, "arn" | "arnLike">, string>> = {
  session: "session",
  username: "username",
  principalId: "principal-id",
  notAfter: "until",
  description: "description",
  groups: "group",
};

/**
 * Returns sentences with the commands that write what a change removes. A pattern then becomes the
 * last one of its list.
 */
function commandsAgain(
  { name, before, value }: Change,
  { spell }: Speller,
  { prefix, now }: ReviewSettings,
) {
  const entriesIn = (text = "[]") =>
    readParameter(prefix, name, { value: text, secure: false }).entries;
  const kept = new Set(entriesIn(value).map(({ mapping }) => JSON.stringify(mapping)));
  const removed = entriesIn(before?.value).filter(
    ({ mapping }) => !kept.has(JSON.stringify(mapping)),
  );
  return removed.flatMap(({ kind, account, name: principal, mapping }) => {
    const { arn, notAfter } = mapping;
    // `set` would write a pattern of other accounts to another list, and rejects an end in the
    // past.
    const arnLike = kind === "deny" ? deniedIn(mapping) : mapping.arnLike;
    if (isExpired(notAfter, now) || (kind === "pattern" && accountOf(arnLike ?? "") !== account))
      return [];
    const list = kind === "deny" && "name" in mapping && account !== "any" ? account : undefined;
    const words = [
      arn ?? arnLike ?? identityName({ kind, account, name: principal }),
      ...optionWords("--account", list),
      ...Object.entries(OPTIONS).flatMap(([key, option]) =>
        [mapping[key as keyof typeof OPTIONS]]
          .flat()
          .flatMap((text) => optionWords(`--${option}`, text)),
      ),
    ];
    const command = kind === "deny" ? "mappings deny" : "mappings set";
    return `To write it again: ${spell(command, words.map(shellWord).join(" "))}`;
  });
}
