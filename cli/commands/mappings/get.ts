// `mappings get`: prints stored mappings by name.

import {
  mappingParameter,
  permissionSetInAnyCase,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { didYouMean } from "../../../functions/lib/text.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { readSome } from "../../aws/parameter-store.ts";
import { openStore, type Store, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { finding } from "../../io/errors.ts";
import { type ListOutputOptions, printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { readParameter } from "../../model/entry.ts";
import { listedEntriesOf, printListedEntries } from "../../model/listed-entries.ts";
import { hasKey, normal, textsOf, type VersionedParameter } from "../../model/stored.ts";
import { findTarget, type Target } from "../../model/target.ts";
import { requireParameters } from "../../plan/read.ts";
import { similarMapping } from "../../plan/similar.ts";

type GetOptions = StoreOptions & ListOutputOptions & { readonly session?: string };

export async function get(
  names: readonly string[],
  cluster: ChosenCluster,
  options: GetOptions,
  run: Run,
): Promise<void> {
  const { output, session } = options;
  const store = await openStore(cluster, options, run);
  const { prefix, partition } = store.review;
  const targets = names.map((who) => findTarget(store, who, session));
  const results: (VersionedParameter | string)[] = [];
  for (const target of targets) results.push(await find(target, store, run));
  const parameters = results.filter((result) => typeof result !== "string");
  const missing = results.filter((result) => typeof result === "string");
  await requireParameters(new Map(parameters.map((stored) => [stored.name, stored])), store, run);
  if (parameters.length > 0 && (output === "json" || output === "yaml")) {
    const data = parameters.map((stored) => dataOf(stored, session, store));
    // A single mapping is easier to read without a list.
    await printData(names.length === 1 ? data[0] : data, output, run);
  } else if (parameters.length > 0) {
    const items = parameters.flatMap((stored) => listedEntriesOf(stored, prefix, partition));
    const asked = items.filter(
      ({ entry }) => session === undefined || entry?.mapping.session === session,
    );
    await printListedEntries(asked, false, options, run);
  }
  if (missing.length > 0) throw finding(...missing);
}

/** Finds the stored parameter. Returns a sentence if it does not exist. */
async function find(target: Target, store: Store, run: Run): Promise<VersionedParameter | string> {
  const { ssm, review } = store;
  const { prefix } = review;
  const ofSet = permissionSetParameter(prefix, target);
  const names = [target.parameter, ...(ofSet === undefined ? [] : [ofSet])];
  const byName = await readSome(ssm, names, run.interrupted);
  const [stored] = names.flatMap((name) => byName.get(name) ?? []);
  if (stored === undefined) {
    const sentence = `${names.map((name) => shortName(name, prefix)).join(" and ")} ${names.length > 1 ? "do" : "does"} not exist.`;
    return `${sentence}${await similarMapping(target, store, run)}`;
  }
  if (stored.name === ofSet) {
    run.log(
      `${shortName(target.parameter, prefix)} does not exist. The mapping of its permission set applies:\n`,
    );
  }
  const { session } = target.key;
  const value = normal(stored.value);
  if (session === undefined || !Array.isArray(value)) return stored;
  if (value.some((item) => hasKey(item, { session }))) return stored;
  const meant = didYouMean(session, textsOf(value, "session"));
  return `${shortName(stored.name, prefix)} has no session ${session}.${meant}`;
}

/**
 * Returns the data to print.
 *
 * @param session of the only entry to show, or `undefined`
 */
function dataOf(
  stored: VersionedParameter,
  session: string | undefined,
  { review: { prefix, partition } }: Store,
): object {
  const { name: parameter, version } = stored;
  const value = normal(stored.value);
  const isEntry = session !== undefined && Array.isArray(value);
  const { problems } = readParameter(prefix, parameter, stored, partition);
  return {
    parameter,
    version,
    modified: new Date(stored.modified).toISOString(),
    value: isEntry ? value.filter((item) => hasKey(item, { session })) : value,
    ...(problems.length > 0 && { problems }),
  };
}

/** Returns the parameter of the permission set for its role; `undefined` for another principal. */
function permissionSetParameter(prefix: string, { address, key }: Target): string | undefined {
  const { kind, account, name } = address;
  const role = key.arn?.slice(key.arn.lastIndexOf("/") + 1) ?? name;
  const set = kind === "role" ? permissionSetInAnyCase(role) : undefined;
  return set === undefined ? undefined : mappingParameter(prefix, "sso", account, set);
}
