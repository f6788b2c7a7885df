// `npm run acceptance -- --dry-run`: what a run would create, without a call of AWS.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { FEATURE_FLAGS } from "../../infra/cdk-rules.ts";
import { clusterStack } from "../../infra/context/stacks.ts";

/** The types of the resources in the stack of a run's cluster, each with its number. */
export function resourcesOfStack(clusterId: string): readonly string[] {
  const outdir = mkdtempSync(join(tmpdir(), "acceptance-"));
  try {
    const app = new App({ context: FEATURE_FLAGS, outdir, analyticsReporting: false });
    const { stackName } = clusterStack(app, { clusterId });
    const { Resources } = app.synth().getStackByName(stackName).template as {
      Resources: Readonly<Record<string, { readonly Type: string }>>;
    };
    const byType = Map.groupBy(Object.values(Resources), ({ Type }) => Type);
    return [...byType].map(([type, { length }]) => `${length} ${type}`).sort(byName);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const nameOf = (line: string) => line.split(" ")[1] ?? "";
const byName = (a: string, b: string) => nameOf(a).localeCompare(nameOf(b));
