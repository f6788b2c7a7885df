// `mappings`: everything about who is who in the cluster.

import type { Command } from "commander";
import { newCommand } from "../../command.ts";
import type { World } from "../../io/io-streams.ts";
import { applyCommand, diffCommand } from "./apply.ts";
import { exportCommand } from "./export.ts";
import { getCommand } from "./get.ts";
import { historyCommand } from "./history.ts";
import { importCommand } from "./import.ts";
import { lintCommand } from "./lint.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";
import { rollbackCommand } from "./rollback.ts";
import { setCommand } from "./set.ts";

export function mappingsCommand(world: World): Command {
  return newCommand(world, {
    name: "mappings",
    summary: "read and change who is mapped to what",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  })
    .addCommand(listCommand(world))
    .addCommand(getCommand(world))
    .addCommand(setCommand(world))
    .addCommand(removeCommand(world))
    .addCommand(applyCommand(world))
    .addCommand(diffCommand(world))
    .addCommand(importCommand(world))
    .addCommand(exportCommand(world))
    .addCommand(lintCommand(world))
    .addCommand(historyCommand(world))
    .addCommand(rollbackCommand(world));
}
