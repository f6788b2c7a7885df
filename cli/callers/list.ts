// `callers list`: who may call, without their secrets.

import type { Command } from "commander";
import { isObject } from "../../functions/lib/json.ts";
import { connect } from "../aws/connection.ts";
import { destinationOf } from "../changes/destination.ts";
import { describe } from "../command.ts";
import { addConnection, addListOutput, type ConnectionOptions, type ListOutputOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import { callerName, callerState, readCallers } from "./store.ts";

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator callers list --cluster prod"],
  });
  return addListOutput(addConnection(command)).action((options: ConnectionOptions & ListOutputOptions) =>
    list(options, io),
  );
}

async function list(options: ConnectionOptions & ListOutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { entries } = await readCallers(connection, io.interrupted);
  if (entries.length === 0) io.tell(`No callers in ${await destinationOf(connection, new Map(), io)}.\n`);
  const items = entries.map((entry) => {
    const { sha256, notAfter } = isObject(entry) ? entry : {};
    return {
      name: callerName(entry),
      state: callerState(entry, io.clock()),
      notAfter: typeof notAfter === "string" ? notAfter : undefined,
      sha256: typeof sha256 === "string" ? sha256 : undefined,
    };
  });
  const headers = ["name", "state", "until", "sha-256"];
  const row = ({ name, state, notAfter = "", sha256 = "" }: (typeof items)[number]) => [name, state, notAfter, sha256];
  const listing = {
    items,
    headers,
    row: (item: (typeof items)[number]) => row({ ...item, sha256: item.sha256?.slice(0, 12) }),
    wide: { headers, row },
    name: callerName,
  };
  await printList(listing, options.output, io);
}
