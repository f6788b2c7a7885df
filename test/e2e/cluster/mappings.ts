// The mappings of `npm start` as parameters, so that they can be changed while the function runs.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { mappingName, mappingValue } from "../../../local/parameter-store/mapping-file.ts";
import { CLUSTER_ID } from "../../../local/sandbox-settings.ts";

export const MAPPING_PREFIX = `/iam-authenticator/${CLUSTER_ID}`;

const FOLDER = fileURLToPath(new URL("../../local/mappings", import.meta.url));

/** Names and values. */
export function sandboxMappings(): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = mappingName(relative(FOLDER, file).split(sep));
    if (!entry.isFile() || name === undefined) continue;
    parameters[`${MAPPING_PREFIX}/${name}`] = mappingValue(file, readFileSync(file, "utf8"));
  }
  return parameters;
}
