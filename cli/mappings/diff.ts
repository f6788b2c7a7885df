// `mappings diff`: what apply would change.

import type { Command } from "commander";
import { destinationOf } from "../changes/destination.ts";
import { judge } from "../changes/judge.ts";
import { withoutManaged } from "../changes/managed.ts";
import { readForAccess } from "../changes/read-for-access.ts";
import { printPlan } from "../changes/show.ts";
import { describe } from "../command.ts";
import { silentExit } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { addCompare, type CompareOptions, compare } from "./compare.ts";

export function diffCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: "The exit code is 1 where something would change.",
    examples: ["iam-authenticator mappings diff -c prod -f mappings.yaml --prune"],
  });
  return addCompare(command).action(async (options: CompareOptions) => {
    const { plan: wanted, current, connection } = await compare(options, io);
    const { plan } = await withoutManaged(wanted, connection, false, io);
    const destination = await destinationOf(connection, current, io);
    const texts = await judge(
      plan.changes,
      await readForAccess(plan.changes, current, true, connection, io),
      connection.context,
    );
    printPlan({ ...plan, ...texts }, destination, connection.context.prefix, io);
    if (plan.changes.length > 0) throw silentExit();
  });
}
