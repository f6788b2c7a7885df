// `mappings schema`: prints the JSON Schema of mapping files.

import type { Command } from "commander";
import { describe } from "../command.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import schema from "./file/mapping-file.schema.json" with { type: "json" };

export function schemaCommand(command: Command, io: IOStreams): Command {
  return describe(command, {
    details:
      "Save it next to the mapping file: files from import and export refer to it there. An editor then completes keys " +
      "and marks mistakes as you type. mappings lint also checks what a schema cannot express.",
    examples: ["iam-authenticator mappings schema > mapping-file.schema.json"],
  }).action(() => printData(schema, "json", io));
}
