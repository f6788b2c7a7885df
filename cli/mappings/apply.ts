// `mappings apply`: from files to Parameter Store.

import type { Command } from "commander";
import { executePlan } from "../changes/propose.ts";
import { describe } from "../command.ts";
import { addWrite, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { addCompare, type CompareOptions, compare, tellSessionTrust } from "./compare.ts";

export function applyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Shows a plan, asks, and writes at most --rate parameters a second. Stops where somebody else changed a mapping " +
      "since the plan. When it was interrupted, run it again: it does the rest.",
    examples: [
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
      "iam-authenticator mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return addWrite(addCompare(command)).action(async (options: CompareOptions & WriteOptions) => {
    const { plan, current, connection } = await compare(options, io);
    tellSessionTrust(plan.changes, connection, io);
    await executePlan(plan, current, connection, options, io, { isWhole: true });
  });
}
