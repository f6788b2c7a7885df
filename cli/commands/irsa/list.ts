// `irsa keys list`: lists the issuer's published keys.

import { openStore } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { type ListOutputOptions, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { requireParameters } from "../../plan/read.ts";
import { byName, describeKey, readPublishedKeys } from "./published-keys.ts";

export async function list(
  cluster: ChosenCluster,
  options: ListOutputOptions,
  run: Run,
): Promise<void> {
  const store = await openStore(cluster, {}, run);
  const keys = await readPublishedKeys(store, run.interrupted);
  await requireParameters(byName(keys), store, run);
  const items = keys.map(({ kid, stored, key, problem }) => ({
    kid,
    state: key === undefined ? "invalid" : "served",
    published: new Date(stored.modified).toISOString(),
    key: key === undefined ? (problem ?? "") : describeKey(key),
  }));
  const row = ({ kid, state, published, key }: (typeof items)[number]) => [
    `issuer/${kid}`,
    state,
    published.slice(0, 10),
    key,
  ];
  const headers = ["parameter", "state", "published", "key"];
  await printList(
    { items, headers, row, endsInText: true, name: ({ kid }) => `issuer/${kid}` },
    options,
    run,
  );
  if (items.length === 0)
    run.log(
      "No key is published, so the issuer returns HTTP 500. To publish keys, run irsa keys publish.\n",
    );
}
