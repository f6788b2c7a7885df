// Adapts synthesized templates to the emulator: replaces computed metrics in alarms with plain ones.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLAIN = { Namespace: "LambdaIamAuthenticator", MetricName: "Reviews", Statistic: "Sum", Period: 60 };

interface Template {
  readonly Resources: Record<string, { readonly Type: string; Properties: Record<string, unknown> }>;
}

/** Changes the output of `cdk synth`. Throws if there is nothing to change: then this file can be deleted. */
export function fitForEmulator(folder: string): void {
  let changed = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".template.json"))) {
    const template: Template = JSON.parse(readFileSync(join(folder, name), "utf8"));
    for (const resource of Object.values(template.Resources)) {
      if (resource.Type !== "AWS::CloudWatch::Alarm" || resource.Properties["Metrics"] === undefined) continue;
      const { Metrics: _, ...others } = resource.Properties;
      resource.Properties = { ...others, ...PLAIN };
      changed += 1;
    }
    writeFileSync(join(folder, name), JSON.stringify(template));
  }
  if (changed === 0) throw new Error(`${folder}: the emulator supports everything; nothing to change`);
}
