// A deployed cluster in the account of fake-world.ts, for tests of checks.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "./fake-world.ts";

export const json = (value: unknown) => JSON.stringify(value);
export const inputOf = (call: string) =>
  JSON.parse(/--cli-input-json (\{.*\})/.exec(call)?.[1] ?? "{}");

/** Answers the deployment of a stack, with these outputs and resources. */
export function deployed(
  outputs: Readonly<Record<string, string>>,
  resources: Readonly<Record<string, string>>,
): Answer {
  return (call) => {
    if (call.startsWith("cdk ")) return "";
    if (call.includes("describe-stacks")) {
      const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({
        OutputKey,
        OutputValue,
      }));
      return json({ Stacks: [{ StackStatus: "CREATE_COMPLETE", Outputs }] });
    }
    if (!call.includes("list-stack-resources")) return undefined;
    const StackResourceSummaries = Object.entries(resources).map(
      ([ResourceType, PhysicalResourceId]) => {
        return { ResourceType, PhysicalResourceId, LogicalResourceId: "Resource" };
      },
    );
    return json({ StackResourceSummaries });
  };
}

/** A cluster that is deployed, whose caller the command creates. */
const stack = deployed(
  {
    KubeconfigCommand: "iam-authenticator callers add control-plane --out webhook.kubeconfig",
    FunctionName: "f",
    LogGroup: "l",
    Endpoint: "https://e",
  },
  {},
);
export const deployedCluster: Answer = (call) => {
  if (!call.startsWith("iam-authenticator callers add")) return stack(call);
  const file = / --out (\S+)/.exec(call)?.[1] ?? "";
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(
    file,
    json({ clusters: [{ cluster: { server: "https://e" } }], users: [{ user: { token: "t" } }] }),
  );
  return "";
};
