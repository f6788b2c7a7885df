// Reads the sample mappings of `npm start` as parameters, which tests can change.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { mappingName, mappingValue } from "../../../local/parameter-store/folder.ts";
import { CLUSTER_ID, SAMPLE_MAPPINGS } from "../../../local/sandbox-settings.ts";

export const MAPPING_PREFIX = `/iam-authenticator/${CLUSTER_ID}`;

/** Values by name. */
export function sandboxMappings(): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const entry of readdirSync(SAMPLE_MAPPINGS, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = mappingName(relative(SAMPLE_MAPPINGS, file).split(sep));
    if (!entry.isFile() || name === undefined) continue;
    parameters[`${MAPPING_PREFIX}/${name}`] = mappingValue(file, readFileSync(file, "utf8"));
  }
  return parameters;
}
