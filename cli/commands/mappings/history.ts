// `mappings history`: lists the versions of a mapping.

import { isObject } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { readHistory } from "../../aws/parameter-store.ts";
import { openStore, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { shownTime } from "../../cmdline/times.ts";
import { finding } from "../../io/errors.ts";
import { type HeaderOptions, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { normal } from "../../model/stored.ts";
import { findTarget } from "../../model/target.ts";
import { similarMapping } from "../../plan/similar.ts";

type HistoryOptions = StoreOptions & OutputOptions & HeaderOptions;

export async function history(
  who: string,
  cluster: ChosenCluster,
  options: HistoryOptions,
  run: Run,
): Promise<void> {
  const store = await openStore(cluster, options, run);
  const { ssm } = store;
  const target = findTarget(store, who);
  const { parameter } = target;
  const versions = await readHistory(ssm, parameter, run.interrupted);
  if (versions.length === 0) {
    const meant = await similarMapping(target, store, run);
    throw finding(`${shortName(parameter, store.review.prefix)} does not exist.${meant}`);
  }
  const items = versions.map(({ version, modified, by, value }) => ({
    version,
    when: new Date(modified).toISOString(),
    by,
    value: normal(value),
  }));
  const headers = ["version", "when", "by", "value"];
  const row = ({ version, when, by, value }: (typeof items)[number]) => {
    // Of an ARN, only the resource: the account is usually the same.
    const who = by.split(":").slice(5).join(":") || by;
    return [String(version), shownTime(Date.parse(when)), who, inWords(value)];
  };
  await printList({ items, headers, row, endsInText: true }, options, run);
  const [first] = items.toSorted((a, b) => a.version - b.version);
  const start = first && `version ${first.version}, of ${shownTime(Date.parse(first.when))}`;
  run.log(
    `The history begins with ${start}: Parameter Store keeps 100 versions, until the parameter is removed.\n`,
  );
}

function inWords(value: unknown): string {
  if (!isObject(value)) return shown(value);
  const { arn: _, ...rest } = value;
  return Object.entries(rest)
    .map(([key, item]) => `${key}: ${(Array.isArray(item) ? item : [item]).map(shown).join(",")}`)
    .join("; ");
}

/**
 * Formats a value. Anyone who may write parameters chooses it, for example an object without a
 * text: {"toString": 0}.
 */
function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
