// `npm run docs`: writes the generated parts of the documents.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocuments } from "./generated.ts";

for (const [path, text] of Object.entries(await generatedDocuments())) {
  writeFileSync(join(import.meta.dirname, "../..", path), text);
}
