// `mappings schema`: prints the JSON Schema of mapping files.

import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import schema from "../../model/mapping-file.schema.json" with { type: "json" };

export async function printSchema(run: Run): Promise<void> {
  await printData(schema, "json", run);
}
