// Merges a user's kubeconfig into the files that kubectl reads.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isObject, memberAt } from "../../functions/lib/json.ts";
import { confirm } from "../io/confirm.ts";
import { type Edit, editYaml } from "../io/edit-yaml.ts";
import { usage } from "../io/errors.ts";
import { readFileText, replaceFile } from "../io/files.ts";
import { whileLocked } from "../io/lock.ts";
import type { Run } from "../io/run.ts";
import { type Path, parseYaml } from "../io/yaml.ts";
import type { kubeconfig } from "./kubeconfig.ts";

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

/**
 * Writes each entry to the file that has its name, otherwise to the file that has the cluster,
 * otherwise to the first: kubectl uses the first entry of a name. Throws a `Failure` before any
 * write if another program has written an entry of that name, or if a file cannot be changed
 * safely. Asks before the name gets another server.
 *
 * @returns whether the cluster has a CA afterwards
 */
export async function mergeKubeconfig(
  config: ReturnType<typeof kubeconfig>,
  switches: boolean,
  run: Run,
) {
  const { changed, difference, target, hasAuthority } = planMerge(config, switches, run);
  if (difference !== "" && !run.interactive) throw usage(`${difference} ${WAYS_OUT}`);
  if (difference !== "") await confirm(`${difference} Replace it?`, run);
  const paths = changed.map(({ path }) => path);
  const write = async () => {
    // What another program has written since stays.
    const now = planMerge(config, switches, run);
    const other = now.changed.find(
      ({ path }) => !paths.includes(path) || now.difference !== difference,
    );
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
  const name = config[CURRENT];
  const where = paths.join(" and ");
  run.log(
    where
      ? `Wrote the context "${name}" to ${where}.\n`
      : `${target} has the context "${name}" already.\n`,
  );
  return hasAuthority;
}

const WAYS_OUT = "To replace it, run this in a terminal. To keep it, give --alias <name>.";

/**
 * Returns the files to change. `difference` is a sentence if the name has another server, otherwise
 * empty.
 */
function planMerge(config: ReturnType<typeof kubeconfig>, switches: boolean, run: Run) {
  const name = config[CURRENT];
  const files = pathsOf(run).map(readFile);
  const cluster = findItem(files, "clusters", name);
  const target = cluster?.file ?? files[0];
  if (target === undefined) throw usage("--merge needs a home folder: set HOME or KUBECONFIG.");
  const used = findItem(
    files,
    "clusters",
    memberAt(findItem(files, "contexts", name)?.old, "cluster"),
  );
  const server = config.clusters[0]?.cluster.server ?? "";
  const stored = [cluster, used].map((found) => memberAt(found?.old, "server"));
  const other = stored.find((address) => !isSame(address ?? server, server));
  for (const list of Object.keys(PARTS) as List[]) {
    const made = memberAt(config[list][0], PARTS[list]) as Fields;
    const found = findItem(files, list, name);
    if (found === undefined) addItem(target, list, name, made);
    else changeItem(found, list, name, made);
  }
  const deciding = files.find(({ value }) => value[CURRENT]) ?? target;
  if (switches && deciding.value[CURRENT] !== name) deciding.edits.push([[CURRENT], name]);
  const edited = files.filter(({ edits }) => edits.length > 0);
  return {
    target: target.path,
    changed: edited.map(({ path, text, edits }) => {
      return { path, text: editYaml(text, path, edits, "Give --out instead of --merge.") };
    }),
    difference:
      other === undefined
        ? ""
        : `${target.path}: the context "${name}" is for the server ${other}, not for ${server}.`,
    hasAuthority: [cluster?.old, config.clusters[0]?.cluster].some((fields) =>
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

function addItem(file: File, list: List, name: string, made: Fields): void {
  file.edits.push([[list, itemsIn(file, list).length], { name, [PARTS[list]]: made }]);
}

/** Throws a `Failure` if another program has written the item. */
function changeItem({ file, index, old }: FoundItem, list: List, name: string, made: Fields): void {
  const part = PARTS[list];
  if (!isDeepStrictEqual(memberAt(old, "extensions"), made["extensions"])) {
    throw usage(
      `${file.path} has another ${part} "${name}", which this command did not write. Give --alias <name>.`,
    );
  }
  if (isObject(old)) file.edits.push(...additions([list, index, part], old, made));
}

function isSame(stored: unknown, server: string): boolean {
  return URL.canParse(String(stored)) && new URL(String(stored)).href === new URL(server).href;
}

/**
 * Returns whether the key is about the CA: kubectl rejects two CAs, and a CA without verification.
 */
function isAuthority(key: string): boolean {
  return /^(certificate-authority(-data)?|insecure-skip-tls-verify)$/.test(key);
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
