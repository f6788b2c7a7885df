// A local cluster with one administrator, and `mappings apply` with a file for each call.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Fault } from "../../../local/faults.ts";
import type { LocalRequest } from "../../../local/http-server.ts";
import type { CliOptions } from "../cli.ts";
import { ADMIN, type LocalCluster, storedCluster } from "./cluster.ts";

export const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
export const file = join(folder, "mappings.yaml");

export const admin = { permissionSet: "ClusterAdmin", account: "111122223333", username: "admin:{SessionName}" };
export const masters = { ...admin, groups: ["system:masters"] };
export const role = (i: number, username = `r${i}`) => ({ arn: `arn:aws:iam::111122223333:role/R${i}`, username });
export const roles = (n: number) => Array.from({ length: n }, (_, i) => role(i));

export function writeMappings(mappings: readonly unknown[], name = file): string {
  writeFileSync(name, stringify({ mappings }));
  return name;
}

export interface ApplyCluster extends LocalCluster {
  apply(
    mappings: readonly unknown[],
    words?: readonly string[],
    options?: CliOptions,
  ): ReturnType<LocalCluster["mappings"]>;
  /** The number of PutParameter requests so far. */
  puts(): number;
  /** Injects a fault into every put from the n-th. */
  failPuts(from: number, fault: Fault): void;
}

export const isPut = ({ headers }: LocalRequest) => headers["x-amz-target"] === "AmazonSSM.PutParameter";

/** The SDK tries only twice, so that permanent faults are quick. */
export async function startApplyCluster(): Promise<ApplyCluster> {
  const cluster = await storedCluster(ADMIN);
  const { store } = cluster;
  return {
    ...cluster,
    apply: (mappings, words = [], options = {}) =>
      cluster.mappings(["apply", "-f", writeMappings(mappings), "-y", "--allow-weakening", ...words], {
        environment: { AWS_MAX_ATTEMPTS: "2" },
        ...options,
      }),
    puts: () => store.requests.filter(isPut).length,
    failPuts(from, fault) {
      let seen = 0;
      store.fail((request) => {
        if (isPut(request)) seen += 1;
        return isPut(request) && seen >= from ? fault : undefined;
      });
    },
  };
}
