// A local cluster with one administrator, and `mappings apply` with a file for each call.

import { stringify } from "yaml";
import type { Fault } from "../../../local/faults.ts";
import type { LocalRequest } from "../../../local/http-server.ts";
import type { CliOptions, CliResult } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { ADMIN, type LocalCluster, PREFIX, useCluster } from "./cluster.ts";

export const folder = useFolder();

const admin = { permissionSet: "ClusterAdmin", account: "111122223333", username: "admin:{SessionName}" };
export const masters = { ...admin, groups: ["system:masters"] };
export const role = (i: number, username = `r${i}`) => ({ arn: `arn:aws:iam::111122223333:role/R${i}`, username });
export const roles = (n: number) => Array.from({ length: n }, (_, i) => role(i));

export const writeMappings = (mappings: readonly unknown[]): string =>
  folder.write("mappings.yaml", stringify({ mappings }));

export interface ApplyCluster extends LocalCluster {
  apply(mappings: readonly unknown[], words?: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** The names of the PutParameter requests so far, below the prefix. */
  written(): string[];
  /** Injects a fault into every put from the n-th. */
  failPuts(from: number, fault: Fault): void;
}

export const isPut = ({ headers }: LocalRequest) => headers["x-amz-target"] === "AmazonSSM.PutParameter";

/** A cluster for each test. The SDK tries only twice, so that permanent faults are quick. */
export function useApplyCluster(): ApplyCluster {
  const cluster = useCluster(ADMIN);
  const mappings = (words: readonly string[], options: CliOptions = {}) =>
    cluster.mappings(words, { environment: { AWS_MAX_ATTEMPTS: "2" }, ...options });
  return {
    get store() {
      return cluster.store;
    },
    value: cluster.value,
    put: cluster.put,
    verdict: cluster.verdict,
    mappings,
    apply: (entries, words = [], options = {}) =>
      mappings(["apply", "-f", writeMappings(entries), "-y", "--allow-weakening", ...words], options),
    written: () =>
      cluster.store.requests.filter(isPut).map(({ body }) => JSON.parse(body.toString()).Name.slice(PREFIX.length + 1)),
    failPuts(from, fault) {
      let seen = 0;
      cluster.store.fail((request) => {
        if (isPut(request)) seen += 1;
        return isPut(request) && seen >= from ? fault : undefined;
      });
    },
  };
}
