// `npm run docs`: writes the parts of the documents that are made from the code.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocuments } from "./generated.ts";

for (const [path, text] of Object.entries(await generatedDocuments())) {
  writeFileSync(join(import.meta.dirname, "../..", path), text);
}
