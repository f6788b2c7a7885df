// A local Parameter Store for one test file, and the command against it.

import type { LocalServer } from "../../../local/http-server.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import type { Throughput } from "../../../local/parameter-store/throughput.ts";
import { type CliOptions, type CliResult, cli, useLocalAws } from "../cli.ts";
import { startStacks } from "../stacks.ts";

export const PREFIX = "/iam-authenticator/prod";

/** Where every plan of these tests goes. */
export const WHERE = `account 111122223333, region us-east-1, cluster prod (${PREFIX})`;

export interface LocalCluster {
  readonly store: MemoryStore;
  /** CloudFormation, which has the cluster's stack; closed with the store. */
  readonly stacks: LocalServer;
  /** `iam-authenticator mappings <words> --cluster prod`; writes are not asked for and not slowed down. */
  mappings(words: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** What a parameter below the prefix holds, newest version. */
  value(name: string): Promise<unknown>;
}

const WRITES = ["set", "edit", "remove", "deny", "allow", "apply", "rollback"];

function fast([name = "", ...words]: readonly string[]): string[] {
  return [name, ...(WRITES.includes(name) ? ["--rate", "1000"] : []), ...words];
}

/** A cluster that is nothing but its parameters and the name of its stack; one with a control plane is test/e2e/cluster.ts. */
export async function storedCluster(
  parameters: Readonly<Record<string, unknown>> = {},
  throughput?: Throughput,
): Promise<LocalCluster> {
  const named = Object.entries(parameters).map(([name, value]) => [`${PREFIX}/${name}`, JSON.stringify(value)]);
  const store = await startParameterStore({ parameters: Object.fromEntries(named), ...(throughput && { throughput }) });
  const stacks = await startStacks({ "IamAuthenticator-prod": {} });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url });
  const mappings = (words: readonly string[], options?: CliOptions) =>
    cli(["mappings", ...fast(words), "-c", "prod"], options);
  return {
    store: { ...store, close: async () => void (await Promise.all([store.close(), stacks.close()])) },
    stacks,
    mappings,
    async value(name) {
      const { code, out } = await mappings(["get", `${PREFIX}/${name}`, "-o", "json"]);
      return code === 0 ? JSON.parse(out).value : undefined;
    },
  };
}

export const ADMIN = {
  "sso/111122223333/clusteradmin": { username: "admin:{SessionName}", groups: ["system:masters"] },
};
export const DEVELOPERS = "arn:aws:iam::111122223333:role/team/Developers";
