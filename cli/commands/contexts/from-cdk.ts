// `contexts from-cdk`: writes a context for each cluster that CDK deploys.

import { existsSync } from "node:fs";
import { knownRegions } from "../../../functions/aws/partitions.ts";
import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { nearest, quoted } from "../../../functions/lib/text.ts";
import { defaultMappingPrefix } from "../../../functions/parameters/names.ts";
import { CLUSTER_ID_FORM, CLUSTER_ID_RULE } from "../../../functions/settings/common.ts";
import { repetition } from "../../../functions/settings/stack.ts";
import { type Context, configFile, contextOf, readConfig } from "../../cmdline/contexts.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { confirm } from "../../io/confirm.ts";
import { type Edit, editYaml } from "../../io/edit-yaml.ts";
import { usage } from "../../io/errors.ts";
import { readFileText, readText, replaceFile, shownFile } from "../../io/files.ts";
import { printable } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";

export async function fromCdk(cdkJson: string, options: WriteOptions, run: Run): Promise<void> {
  const listed = readList(await readText(cdkJson, run), shownFile(cdkJson));
  const file = configFile(run.environment);
  if (file === undefined)
    throw usage("No folder for the configuration file: set HOME or XDG_CONFIG_HOME.");
  const contexts = (await readConfig(run.environment))?.contexts ?? new Map<string, Context>();
  const { edits, added } = planContexts(listed, contexts, file, run);
  const changed = [...edits.values()].filter((ofContext) => ofContext.length > 0);
  run.print(
    `${added} to add, ${changed.length - added} to change, ${listed.length - changed.length} unchanged.\n`,
  );
  const kept = [...contexts.keys()].filter((name) => !edits.has(name));
  if (kept.length > 0) run.print(`Not in ${shownFile(cdkJson)}, and kept: ${kept.join(", ")}.\n`);
  if (changed.length === 0) return;
  if (options.dryRun) {
    run.log("Dry run: nothing was written.\n");
    return;
  }
  if (!options.yes) await confirm(`Write ${file}?`, run);
  const before = existsSync(file) ? readFileText(file) : "";
  replaceFile(
    file,
    editYaml(before, file, changed.flat(), "Write aliases (*) and {} out as indented lines."),
  );
}

/**
 * Prints the change of each context. Returns the edits by name, and the number of new contexts.
 * `file` is the configuration file.
 */
function planContexts(
  listed: readonly Context[],
  contexts: ReadonlyMap<string, Context>,
  file: string,
  run: Run,
): { readonly edits: ReadonlyMap<string, readonly Edit[]>; readonly added: number } {
  const edits = new Map<string, readonly Edit[]>();
  let added = 0;
  for (const entry of listed) {
    const name = contextNameOf(entry, listed, contexts);
    const before = contexts.get(name);
    if (edits.has(name) || (before ?? entry).cluster !== entry.cluster)
      throw usage(`Two clusters need the context ${name}. Rename the other context in ${file}.`);
    const changes = changesOf(entry, before);
    edits.set(
      name,
      changes.map(([key, , value]) => [["contexts", name, key], value]),
    );
    if (before === undefined) added += 1;
    if (before === undefined || changes.length > 0)
      printChanges(name, before === undefined, changes, run);
  }
  return { edits, added };
}

/** Prints the line of one context: its name, and each key with its value before and after. */
function printChanges(
  name: string,
  isNew: boolean,
  changes: ReturnType<typeof changesOf>,
  run: Run,
): void {
  const texts = changes.map(([key, was, value]) => {
    const before = was ? `${was} -> ` : "";
    return `${key} ${before}${value ?? "(default)"}`;
  });
  const line = printable([name, ...texts].join(", "));
  if (isNew) run.print(`+ ${line}\n`, "added");
  else run.print(`~ ${line}\n`, "changed");
}

/**
 * Returns the contexts that the list describes. The app of `npx cdk` checks an entry's other keys.
 */
function readList(text: string, file: string): readonly Context[] {
  const content = parseJson(text);
  // cdk.context.json is the context itself.
  const context = memberAt(content, "context") ?? content;
  const clusterId = memberAt(context, "clusterId");
  const clusters =
    memberAt(context, "clusters") ?? (clusterId === undefined ? undefined : [{ clusterId }]);
  if (!Array.isArray(clusters) || clusters.length === 0)
    throw usage(
      `${file} must be JSON with a list of clusters: {"context": {"clusters": [{"clusterId": "prod"}]}}.`,
    );
  const listed = clusters.map((entry: unknown, at) =>
    contextOfEntry(entry, `${file}, context.clusters[${at}]`),
  );
  const twice = repetition(
    listed.map(({ cluster, region }) => ({ clusterId: cluster, region })),
    ({ clusterId }) => `cluster ${clusterId}`,
  );
  if (twice !== undefined) throw usage(`${file}: ${twice}.`);
  return listed;
}

/**
 * Returns the context of an entry. `where` names the entry in messages, which use the keys of
 * cdk.json.
 */
function contextOfEntry(entry: unknown, where: string): Context {
  const { clusterId, region, account, mappingPrefix: prefix } = isObject(entry) ? entry : {};
  if (typeof clusterId !== "string" || !CLUSTER_ID_FORM.test(clusterId)) {
    throw usage(`${where}: clusterId must be ${CLUSTER_ID_RULE}.`);
  }
  if (region !== undefined && !knownRegions().some((known) => known === region)) {
    const meant = nearest(String(region), knownRegions());
    throw usage(
      `${where}: ${quoted(region)} is not an AWS region.${meant ? ` Did you mean ${meant}?` : ""}`,
    );
  }
  const given = Object.entries({ cluster: clusterId, region, account, prefix }).filter(
    ([, value]) => value !== undefined,
  );
  return contextOf("entry", Object.fromEntries(given), "", (_, problem) =>
    usage(`${where}: ${problem}.`),
  );
}

/**
 * Returns the name of the context that has the entry's cluster and region, or that is the cluster's
 * only one. A new context is named `<cluster>`, or `<cluster>-<region>` if the list has the cluster
 * in two regions.
 */
function contextNameOf(
  { cluster, region }: Context,
  listed: readonly Context[],
  contexts: ReadonlyMap<string, Context>,
): string {
  const isOnly = listed.filter((context) => context.cluster === cluster).length === 1;
  const alike = [...contexts].filter(([, context]) => context.cluster === cluster);
  const sameRegion = alike.find(([, context]) => context.region === region);
  const [match] = sameRegion ?? (isOnly && alike.length === 1 ? alike[0] : undefined) ?? [];
  return match ?? (isOnly ? cluster : `${cluster}-${region}`);
}

/**
 * Returns the values to change. An entry without an account or a region keeps the context's: CDK
 * uses those of the credentials.
 */
function changesOf(entry: Context, before?: Context) {
  const prefix = entry.prefix === defaultMappingPrefix(entry.cluster) ? undefined : entry.prefix;
  const wanted = { ...before, ...entry, prefix };
  const keys = ["cluster", "region", "account", "prefix"] as const;
  return keys
    .map((key) => [key, before?.[key], wanted[key]] as const)
    .filter(([, was, value]) => was !== value);
}
