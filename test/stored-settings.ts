// What a stack of this version stores about its function in Parameter Store.

import { defaultMappingPrefix, settingsParameter } from "../functions/parameters/names.ts";
import { storedSettingsText } from "../functions/settings/stored-settings.ts";
import packageJson from "../package.json" with { type: "json" };

export type Variables = Readonly<Record<string, string>>;

const { version } = packageJson;

export const settingsValue = (variables: Variables = {}, nodeLookup = true) =>
  storedSettingsText(variables, { version, nodeLookup });

/** The parameter of a cluster's function with these variables, by its name. */
export const settingsOf = (
  clusterId: string,
  variables?: Variables,
  prefix = defaultMappingPrefix(clusterId),
) => ({
  [settingsParameter(prefix, clusterId)]: settingsValue(variables),
});
