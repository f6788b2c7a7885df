// `irsa keys list`: lists the keys that the issuer serves, and the invalid parameters that it skips.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { requireParameters } from "../../changes/existing-cluster.ts";
import { describe } from "../../command.ts";
import { CONNECTION, type ConnectionOptions, type ListOutputOptions, listOutput, withOptions } from "../../options.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { printList } from "../../terminal/print.ts";
import { byName, describeKey, readPublishedKeys } from "./published-keys.ts";

type ListOptions = ConnectionOptions & ListOutputOptions;

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, { examples: ["iam-authenticator irsa keys list --cluster prod"] });
  return withOptions(command, CONNECTION, listOutput()).action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const keys = await readPublishedKeys(connection, io.interrupted);
  await requireParameters(byName(keys), connection, io);
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
  await printList({ items, headers, row, endsInText: true, name: ({ kid }) => `issuer/${kid}` }, options, io);
  if (items.length === 0)
    io.log("No key is published, so the issuer returns HTTP 500. To publish keys, run irsa keys publish.\n");
}
