// `mappings schema`: prints the JSON Schema of mapping files.

import type { Command } from "commander";
import { describe } from "../../cmdline/define.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import schema from "../../model/mapping-file.schema.json" with { type: "json" };

export function schemaCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "Save it next to the mapping file: files from import and export refer to it there. An editor then completes keys " +
      "and marks mistakes as you type. mappings lint also checks what a schema cannot express.",
    examples: ["mappings schema > mapping-file.schema.json"],
  }).action(() => printData(schema, "json", run));
}
