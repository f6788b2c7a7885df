// Makes synthesized templates fit for the emulator, which refuses alarms on computed metrics: these watch a plain one there.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLAIN = { Namespace: "LambdaIamAuthenticator", MetricName: "Reviews", Statistic: "Sum", Period: 60 };

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; Properties: Record<string, unknown> }>>;
}

/** Of a folder that `cdk synth` wrote. Throws where there is nothing to change: then this file may go. */
export function plainAlarms(folder: string): void {
  let changed = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".template.json"))) {
    const template: Template = JSON.parse(readFileSync(join(folder, name), "utf8"));
    for (const alarm of Object.values(template.Resources)) {
      if (alarm.Type !== "AWS::CloudWatch::Alarm" || alarm.Properties["Metrics"] === undefined) continue;
      const { Metrics: _, ...others } = alarm.Properties;
      alarm.Properties = { ...others, ...PLAIN };
      changed += 1;
    }
    writeFileSync(join(folder, name), JSON.stringify(template));
  }
  if (changed === 0) throw new Error(`${folder}: no alarm on a computed metric`);
}
