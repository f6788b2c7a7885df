// `mappings`: who is who in the cluster, and who is shut out.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { allowCommand } from "./allow.ts";
import { applyCommand } from "./apply.ts";
import { denyCommand } from "./deny.ts";
import { diffCommand } from "./diff.ts";
import { editCommand } from "./edit.ts";
import { exportCommand } from "./export.ts";
import { getCommand } from "./get.ts";
import { historyCommand } from "./history.ts";
import { importCommand } from "./import.ts";
import { lintCommand } from "./lint.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";
import { rollbackCommand } from "./rollback.ts";
import { schemaCommand } from "./schema.ts";
import { setCommand } from "./set.ts";

export function mappingsCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "mappings",
    summary: "read and change who is mapped to what, and who is denied",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings apply --cluster prod -f mappings.yaml --dry-run",
    ],
  })
    .addCommand(listCommand(io))
    .addCommand(getCommand(io))
    .addCommand(setCommand(io))
    .addCommand(editCommand(io))
    .addCommand(removeCommand(io))
    .addCommand(denyCommand(io))
    .addCommand(allowCommand(io))
    .addCommand(applyCommand(io))
    .addCommand(diffCommand(io))
    .addCommand(importCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(lintCommand(io))
    .addCommand(schemaCommand(io))
    .addCommand(historyCommand(io))
    .addCommand(rollbackCommand(io));
}
