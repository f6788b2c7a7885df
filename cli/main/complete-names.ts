// Reads the names of mappings, callers and keys for a completion script, within a time limit.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { readBranch, readSome } from "../aws/parameter-store.ts";
import { limitsOf } from "../aws/rates.ts";
import { type ClusterPlace, openStore, type StoreOptions } from "../aws/store.ts";
import { clusterOf } from "../cmdline/chosen-clusters.ts";
import { newCommand } from "../cmdline/define.ts";
import { ACCOUNT, CONNECTIONS, ignoreEmptyVariables, withOptions } from "../cmdline/options.ts";
import { readPublishedKeys } from "../commands/irsa/published-keys.ts";
import type { Run } from "../io/run.ts";
import { callerName, readCallers } from "../plan/callers.ts";

export type Lister = "mappings" | "callers" | "keys";

/** After this time, the names read so far are enough, if there are any. */
const ENOUGH_MS = 700;

/** After this time, reading stops. Together with the start of the process, this is two seconds. */
const PATIENCE_MS = 1_500;

/** Returns the names that were read within the time limit. */
export async function namesInTime(
  lister: Lister,
  current: string,
  before: readonly string[],
  run: Run,
) {
  const { cluster, options } = await typedSoFar(before, run);
  const names: string[] = [];
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const timers = [setTimeout(enough.resolve, ENOUGH_MS), setTimeout(late.resolve, PATIENCE_MS)];
  const read = async () => {
    const asking = quiet(run, AbortSignal.any([run.interrupted, stop.signal]));
    for await (const page of pagesOf(lister, current, cluster, options, asking)) {
      names.push(...page);
      if (names.length > 0) first.resolve();
    }
  };
  await Promise.race([
    read().catch(() => {}),
    late.promise,
    Promise.all([enough.promise, first.promise]),
  ]);
  stop.abort();
  for (const timer of timers) clearTimeout(timer);
  return names;
}

async function* pagesOf(
  lister: Lister,
  current: string,
  cluster: ClusterPlace,
  options: StoreOptions,
  run: Run,
) {
  const store = await openStore(cluster, options, run);
  const { ssm, review, rates } = store;
  if (lister === "callers")
    yield (await readCallers(store, run.interrupted)).entries.map(callerName);
  else if (lister === "keys") {
    yield (await readPublishedKeys(store, run.interrupted)).map(({ kid }) => `issuer/${kid}`);
  } else {
    // The branch up to the last slash of the typed word: `role/111122223333/` for
    // `role/111122223333/dev`.
    const typed = current.slice(0, current.lastIndexOf("/"));
    // Permissions for one account cover only these paths.
    const isOneAccount = options.account !== undefined && !typed.includes("/");
    const path = `${review.prefix}/${isOneAccount ? `${typed}/${options.account}` : typed}`;
    const ofAccount = isOneAccount ? await readSome(ssm, [path], run.interrupted) : new Map();
    yield [...ofAccount.keys()].map((name) => shortName(name, review.prefix));
    for await (const page of readBranch(ssm, path, limitsOf(rates, run).read, run.interrupted)) {
      yield page.flatMap(({ name }) =>
        readName(review.prefix, name) ? shortName(name, review.prefix) : [],
      );
    }
  }
}

/**
 * Returns the cluster and the options that the completed command would get from the words. Ignores
 * its other words. Of several clusters, it returns the first.
 */
async function typedSoFar(words: readonly string[], run: Run) {
  const command = withOptions(
    newCommand(quiet(run, run.interrupted), "complete", "", []),
    CONNECTIONS,
    ACCOUNT,
  )
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {});
  ignoreEmptyVariables(command, run);
  const options: StoreOptions = (await command.parseAsync(words, { from: "user" })).opts();
  return { cluster: await clusterOf(command, run), options };
}

function quiet(run: Run, interrupted: AbortSignal): Run {
  const environment = { ...run.environment, AWS_MAX_ATTEMPTS: "1" };
  return { ...run, log: () => {}, watched: false, interactive: false, environment, interrupted };
}
