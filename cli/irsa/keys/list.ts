// `irsa keys list`: the keys that the issuer serves, and the parameters that it leaves out.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { addConnection, addListOutput, type ConnectionOptions, type ListOutputOptions } from "../../options.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { printList } from "../../terminal/print.ts";
import { describeKey, readPublishedKeys } from "./published-keys.ts";

export function listCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "list",
    summary: "list the issuer's keys",
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  }).alias("ls");
  return addListOutput(addConnection(command)).action((options: ConnectionOptions & ListOutputOptions) =>
    list(options, io),
  );
}

async function list(options: ConnectionOptions & ListOutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const keys = await readPublishedKeys(connection, io.interrupted);
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
  printList({ items, headers, row, endsInText: true, name: ({ kid }) => `issuer/${kid}` }, options.output, io);
  if (items.length === 0) io.tell("No key is published: the issuer answers 500 (irsa keys publish).\n");
}
