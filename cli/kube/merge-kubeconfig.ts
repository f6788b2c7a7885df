// Merges the kubeconfigs of clusters into the files that kubectl reads.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isObject, memberAt } from "../../functions/lib/json.ts";
import { confirm } from "../io/confirm.ts";
import { type Edit, editYaml } from "../io/edit-yaml.ts";
import { EXIT, Failure, finding, usage } from "../io/errors.ts";
import { readFileText, replaceFile } from "../io/files.ts";
import { whileLocked } from "../io/lock.ts";
import { listed } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { type Path, parseYaml } from "../io/yaml.ts";
import type { kubeconfig } from "./kubeconfig.ts";
import { describeTrust, isAuthority } from "./trust.ts";

const PARTS = { clusters: "cluster", users: "user", contexts: "context" } as const;

type List = keyof typeof PARTS;

const CURRENT = "current-context";

type Fields = Readonly<Record<string, unknown>>;

/** The limit for a lock: kubectl's changes take milliseconds. */
const LOCK_MS = 5_000;

interface File {
  readonly path: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly edits: Edit[];
}

/** A kubeconfig whose cluster, user and context have one name. */
export interface ToMerge {
  /** The cluster as the user chose it, which messages name if it is one of several. */
  readonly name: string;
  readonly config: ReturnType<typeof kubeconfig>;
  /** Whether an administrator has published the server and the CA, or the user gives them. */
  readonly isPublished: boolean;
}

interface MergeOptions {
  /** Whether to select the context. Of several, the first is selected if none is. */
  readonly switches: boolean;
  readonly isSeveral: boolean;
}

interface Unmerged {
  readonly name: string;
  readonly failure: Failure;
}

/**
 * Writes each entry to the file that has its name, otherwise to the file that has the cluster,
 * otherwise to the first: kubectl uses the first entry of a name. Asks before a name gets another
 * server, or another CA that is published. Throws a `Failure` before any write if a file cannot be
 * changed safely.
 *
 * @returns the clusters that are not merged, such as those of which another program has written an
 * entry, and whether the others have a CA. Throws the failure of the only cluster
 */
export async function mergeKubeconfigs(
  wanted: readonly ToMerge[],
  options: MergeOptions,
  run: Run,
): Promise<{ readonly failures: readonly Unmerged[]; readonly hasAuthority: boolean }> {
  const { merged, unmerged } = planMerge(wanted, options, run);
  if (!options.isSeveral && unmerged[0] !== undefined) throw unmerged[0].failure;
  const failures = [...unmerged, ...(await askForReplacements(merged, options, run))];
  const accepted = wanted.filter(({ name }) => !failures.some((failed) => failed.name === name));
  const asked = merged.filter(({ name }) => accepted.some((cluster) => cluster.name === name));
  const hasAuthority = accepted.length === 0 || (await writeMerged(accepted, asked, options, run));
  return { failures, hasAuthority };
}

const WAYS_OUT = "To replace it, run this in a terminal. To keep it, give --alias <name>.";

/**
 * Asks for each difference. Returns the clusters that the user does not accept. Throws the failure
 * of the only cluster.
 */
async function askForReplacements(
  merged: readonly Merged[],
  { isSeveral }: MergeOptions,
  run: Run,
): Promise<readonly Unmerged[]> {
  const declined: Unmerged[] = [];
  for (const { name, difference } of merged) {
    if (difference === "") continue;
    try {
      if (!run.interactive) throw usage(`${difference} ${WAYS_OUT}`);
      await confirm(`${difference} Replace it?`, run);
    } catch (error) {
      // After Ctrl-C, no other question follows.
      const isOfOne = error instanceof Failure && error.exitCode !== EXIT.interrupted;
      if (!isSeveral || !isOfOne) throw error;
      const isDeclined = error.exitCode === EXIT.finding;
      declined.push({ name, failure: isDeclined ? finding("Not replaced.") : error });
    }
  }
  return declined;
}

/**
 * Writes the clusters. Returns whether each has a CA.
 *
 * @param asked has the differences that the user has accepted
 */
async function writeMerged(
  accepted: readonly ToMerge[],
  asked: readonly Merged[],
  options: MergeOptions,
  run: Run,
): Promise<boolean> {
  const { changed, target, current } = planMerge(accepted, options, run);
  const paths = changed.map(({ path }) => path);
  const write = async () => {
    // What another program has written since stays.
    const now = planMerge(accepted, options, run);
    const isSame = isDeepStrictEqual([now.merged, now.unmerged], [asked, []]);
    const other = now.changed.find(({ path }) => !paths.includes(path) || !isSame);
    if (other !== undefined) throw usage(`${other.path} has changed. Run this again.`);
    for (const { path, text } of now.changed) replaceFile(path, text);
  };
  // Locks in the order of kubectl, which locks all its files.
  const locked = paths
    .toSorted()
    .reduceRight<() => Promise<void>>(
      (work, path) => () => whileLocked(`${path}.lock`, LOCK_MS, work, run),
      write,
    );
  await locked();
  const names = asked.map(({ context }) => `"${context}"`);
  const contexts = `the context${names.length === 1 ? "" : "s"} ${listed(names)}`;
  const where = paths.join(" and ");
  run.log(where ? `Wrote ${contexts} to ${where}.\n` : `${target} has ${contexts} already.\n`);
  if (names.length > 1 && current !== undefined) run.log(`The current context is "${current}".\n`);
  return asked.every(({ hasAuthority }) => hasAuthority);
}

/** Returns the files to change, and the clusters that cannot be merged. */
function planMerge(wanted: readonly ToMerge[], { switches, isSeveral }: MergeOptions, run: Run) {
  const files = pathsOf(run).map(readFile);
  const [first] = files;
  if (first === undefined) throw usage("--merge needs a home folder: set HOME or KUBECONFIG.");
  const merged: Merged[] = [];
  const unmerged: Unmerged[] = [];
  for (const cluster of wanted) {
    try {
      merged.push(mergeInto(files, first, cluster));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unmerged.push({ name: cluster.name, failure: error });
    }
  }
  const target = files.find(({ path }) => path === merged[0]?.path) ?? first;
  const selecting = files.find(({ value }) => value[CURRENT]);
  const selected = selecting?.value[CURRENT];
  const isSwitched = switches && (!isSeveral || selecting === undefined);
  const current = isSwitched ? (merged[0]?.context ?? selected) : selected;
  if (current !== selected) (selecting ?? target).edits.push([[CURRENT], current]);
  const edited = files.filter(({ edits }) => edits.length > 0);
  return {
    target: target.path,
    changed: edited.map(({ path, text, edits }) => {
      return { path, text: editYaml(text, path, edits, "Give --out instead of --merge.") };
    }),
    merged,
    unmerged,
    current,
  };
}

/** A cluster whose edits are in the files. */
interface Merged {
  readonly name: string;
  readonly context: string;
  /** The path of the file that gets or has the cluster. */
  readonly path: string;
  /** A sentence if the context has another server or another published CA, otherwise empty. */
  readonly difference: string;
  readonly hasAuthority: boolean;
}

/** Adds the edits for one cluster to the files. Adds none if it throws a `Failure`. */
function mergeInto(files: readonly File[], first: File, cluster: ToMerge): Merged {
  const { name, config, isPublished } = cluster;
  const context = config[CURRENT];
  const itemOfContext = findItem(files, "clusters", context);
  const target = itemOfContext?.file ?? first;
  const used = findItem(
    files,
    "clusters",
    memberAt(findItem(files, "contexts", context)?.old, "cluster"),
  );
  const [made] = config.clusters;
  const wanted: Fields = made?.cluster ?? {};
  const stored = [itemOfContext, used].flatMap((item) => item ?? []);
  const changes = [
    stored.flatMap(({ old }) => differentServer(memberAt(old, "server"), wanted)),
    isPublished ? stored.flatMap((item) => differentAuthority(item, wanted)) : [],
  ].flatMap(([change]) => change ?? []);
  const edits = (Object.keys(PARTS) as List[]).map((list) => {
    const fields = memberAt(config[list][0], PARTS[list]) as Fields;
    const item = findItem(files, list, context);
    return item === undefined
      ? { file: target, edits: [newItem(target, list, context, fields)] }
      : { file: item.file, edits: changesOf(item, list, context, fields) };
  });
  for (const { file, edits: ofList } of edits) file.edits.push(...ofList);
  return {
    name,
    context,
    path: target.path,
    difference:
      changes.length === 0
        ? ""
        : `${target.path}: the context "${context}" ${changes.join(", and ")}.`,
    hasAuthority: [itemOfContext?.old, wanted].some((fields) =>
      Object.keys(Object(fields)).some(isAuthority),
    ),
  };
}

function itemsIn({ value }: File, list: List): unknown[] {
  return [value[list] ?? []].flat();
}

interface FoundItem {
  readonly file: File;
  readonly index: number;
  /** The item's cluster, user or context. */
  readonly old: unknown;
}

/** Returns the first item of the name, which is the one that kubectl uses. */
function findItem(files: readonly File[], list: List, name: unknown): FoundItem | undefined {
  for (const file of files) {
    const items = itemsIn(file, list);
    const index = items.findIndex((item) => String(memberAt(item, "name")) === name);
    if (index >= 0) return { file, index, old: memberAt(items[index], PARTS[list]) };
  }
  return undefined;
}

/** Returns the edit that adds an item after those of the file and those that are to be added. */
function newItem(file: File, list: List, name: string, made: Fields): Edit {
  const added = file.edits.filter(([path]) => path.length === 2 && path[0] === list);
  return [[list, itemsIn(file, list).length + added.length], { name, [PARTS[list]]: made }];
}

/** Throws a `Failure` if another program has written the item. */
function changesOf(
  { file, index, old }: FoundItem,
  list: List,
  name: string,
  made: Fields,
): readonly Edit[] {
  const part = PARTS[list];
  if (!isDeepStrictEqual(memberAt(old, "extensions"), made["extensions"])) {
    throw usage(
      `${file.path} has another ${part} "${name}", which this command did not write. Give --alias <name>.`,
    );
  }
  return isObject(old) ? additions([list, index, part], old, made) : [];
}

/** Returns a phrase if the stored server is another one. */
function differentServer(stored: unknown, { server }: Fields): string[] {
  const address = stored ?? server;
  const isSame = URL.parse(String(address))?.href === URL.parse(String(server))?.href;
  return isSame ? [] : [`is for the server ${address}, not for ${server}`];
}

/** Returns a phrase if the stored cluster trusts other certificates. */
function differentAuthority({ file, old }: FoundItem, wanted: Fields): string[] {
  const [was, is] = [old, wanted].map((fields) => describeTrust(fields, file.path));
  return was === is ? [] : [`trusts ${was}, not ${is}`];
}

/**
 * Returns the edits that set the fields that were made. Those that a user added stay, such as a
 * namespace, `proxy-url` or the program's variables.
 */
function additions(path: Path, old: Fields, made: Fields): Edit[] {
  const replaced = Object.keys(old).filter(
    (key) => isAuthority(key) && Object.keys(made).some(isAuthority),
  );
  const wanted = { ...Object.fromEntries(replaced.map((key) => [key, undefined])), ...made };
  return Object.entries(wanted).flatMap(([key, value]): Edit[] => {
    const was = old[key];
    const step = [...path, key];
    if (key === "exec" && isObject(was) && isObject(value)) {
      return additions(step, was, { ...value, env: merged(was["env"], value["env"]) });
    }
    return isDeepStrictEqual(was ?? undefined, value) ? [] : [[step, value]];
  });
}

/** Joins two lists of variables: those of the second replace those of the same name. */
function merged(old: unknown, made: unknown): unknown {
  const was = [old ?? []].flat();
  const given = [made ?? []].flat();
  const names = given.map((variable) => memberAt(variable, "name"));
  const all = [...was.filter((variable) => !names.includes(memberAt(variable, "name"))), ...given];
  return all.length === 0 ? undefined : all;
}

/**
 * Returns the paths of the files that kubectl reads.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#the-kubeconfig-environment-variable
 */
function pathsOf({ environment }: Run): readonly string[] {
  const paths = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  const home = environment["HOME"] || environment["USERPROFILE"];
  return paths.length > 0 ? [...new Set(paths)] : home ? [join(home, ".kube", "config")] : [];
}

function readFile(path: string): File {
  const text = (existsSync(path) && readFileText(path)) || "apiVersion: v1\nkind: Config\n";
  const value = parseYaml(text, path, "yaml-1.1").value ?? {};
  if (!isObject(value) || (value["kind"] ?? "Config") !== "Config")
    throw usage(`${path} is not a kubeconfig.`);
  return { path, text, value, edits: [] };
}
