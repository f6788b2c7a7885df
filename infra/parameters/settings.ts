// Creates the parameter with the function's settings, which the command reads (functions/settings/stored-settings.ts).

import type { Construct, IConstruct } from "constructs";
import { settingsParameter, storedSettingsText } from "../../functions/settings/stored-settings.ts";
import packageJson from "../../package.json" with { type: "json" };
import { addParameter } from "./owned-parameter.ts";

export interface FunctionSettings {
  readonly clusterId: string;
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the function's role can ask EC2 about nodes. */
  readonly nodes: boolean;
  /** The alias that serves reviews. The parameter changes after it, so that a deployment that fails changes neither. */
  readonly alias: IConstruct;
}

export function storeSettings(scope: Construct, options: FunctionSettings): void {
  const { clusterId, mappingPrefix, environment, nodes, alias } = options;
  const value = storedSettingsText(environment, { version: packageJson.version, nodeLookup: nodes });
  const parameter = addParameter(scope, "the function's settings", settingsParameter(mappingPrefix, clusterId), value);
  parameter.node.addDependency(alias);
}
