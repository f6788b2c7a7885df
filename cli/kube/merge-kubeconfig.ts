// Merges a user's kubeconfig into the files that kubectl reads.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isObject, memberAt } from "../../functions/lib/json.ts";
import { type Edit, editYaml } from "../io/edit-yaml.ts";
import { usage } from "../io/errors.ts";
import { readFileText, replaceFile } from "../io/files.ts";
import { whileLocked } from "../io/lock.ts";
import type { IOStreams } from "../io/streams.ts";
import { parseYaml } from "../io/yaml.ts";
import type { kubeconfig } from "./kubeconfig.ts";

const PARTS = { clusters: "cluster", users: "user", contexts: "context" } as const;

const CURRENT = "current-context";

/** kubectl's changes take milliseconds. */
const LOCK_MS = 5_000;

interface File {
  readonly path: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly edits: Edit[];
}

/**
 * Writes each entry to the file that has its name, else to the one that has the cluster, else to the first: kubectl uses the
 * first entry of a name. Throws a `Failure` before any write if another program has written an entry of that name, or if a
 * file cannot be changed safely.
 */
export async function mergeKubeconfig(config: ReturnType<typeof kubeconfig>, switches: boolean, io: IOStreams) {
  const name = config[CURRENT];
  const files = pathsOf(io).map(readFile);
  const itemsIn = ({ value }: File, list: string) => [value[list] ?? []].flat();
  const isIt = (item: unknown) => String(memberAt(item, "name")) === name;
  const indexIn = (file: File, list: string) => itemsIn(file, list).findIndex(isIt);
  const holder = (list: string) => files.find((file) => indexIn(file, list) >= 0);
  const target = holder("clusters") ?? files[0];
  if (target === undefined) throw usage("--merge needs a home folder: set HOME or KUBECONFIG.");
  for (const [list, part] of Object.entries(PARTS)) {
    const file = holder(list) ?? target;
    const [items, index] = [itemsIn(file, list), indexIn(file, list)];
    const [old, made] = [items[index], config[list as keyof typeof PARTS][0]].map((one) => memberAt(one, part));
    const isOwn = isDeepStrictEqual(memberAt(old, "extensions"), memberAt(made, "extensions"));
    if (index >= 0 && !isOwn) {
      throw usage(`${file.path} has another ${part} "${name}", which this command did not write. Give --alias <name>.`);
    }
    // A context may have the user's namespace.
    const wanted = { ...(part === "context" && isObject(old) && old), ...(isObject(made) && made) };
    if (index < 0) file.edits.push([[list, items.length], { name, [part]: wanted }]);
    else if (!isDeepStrictEqual(old, wanted)) file.edits.push([[list, index, part], wanted]);
  }
  const deciding = files.find(({ value }) => value[CURRENT]) ?? target;
  if (switches && deciding.value[CURRENT] !== name) deciding.edits.push([[CURRENT], name]);
  const edited = files.filter(({ edits }) => edits.length > 0);
  const changed = edited.map(({ path, text, edits }) => {
    return { path, before: text, text: editYaml(text, path, edits, "Give --out instead of --merge.") };
  });
  for (const { path, before, text } of changed) {
    const write = async () => {
      if (readFile(path).text !== before) throw usage(`${path} has changed. Run this again.`);
      replaceFile(path, text);
    };
    await whileLocked(`${path}.lock`, LOCK_MS, write, io);
  }
  const paths = changed.map(({ path }) => path).join(" and ");
  io.log(paths ? `Wrote the context "${name}" to ${paths}.\n` : `${target.path} has the context "${name}" already.\n`);
}

/** https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#the-kubeconfig-environment-variable */
function pathsOf({ environment }: IOStreams): readonly string[] {
  const paths = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  const home = environment["HOME"] || environment["USERPROFILE"];
  return paths.length > 0 ? [...new Set(paths)] : home ? [join(home, ".kube", "config")] : [];
}

function readFile(path: string): File {
  const text = existsSync(path) ? readFileText(path) : "";
  const value = parseYaml(text, path, "yaml-1.1").value ?? {};
  if (!isObject(value) || (value["kind"] ?? "Config") !== "Config") throw usage(`${path} is not a kubeconfig.`);
  return { path, text, value, edits: [] };
}
