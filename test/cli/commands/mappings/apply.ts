// A local cluster with one administrator, and `mappings apply` with a file for each call.

import { stringify } from "yaml";
import type { Fault, LocalRequest } from "../../../../local/aws/http-server.ts";
import type { CliOptions, Words } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { ADMIN, PREFIX, storedCluster } from "./cluster.ts";

export const folder = useFolder();
const admin = {
  permissionSet: "ClusterAdmin",
  account: "111122223333",
  username: "admin:{SessionName}",
};
export const masters = { ...admin, groups: ["system:masters"] };
export const role = (i: number, username = `r${i}`) => ({
  arn: `arn:aws:iam::111122223333:role/R${i}`,
  username,
});
export const roles = (n: number) => Array.from({ length: n }, (_, i) => role(i));

export const writeMappings = (mappings: readonly unknown[]): string =>
  folder.write("mappings.yaml", stringify({ mappings }));

export const isPut = ({ headers }: LocalRequest) =>
  headers["x-amz-target"] === "AmazonSSM.PutParameter";

/** A cluster for each test. The SDK tries only twice, so that permanent faults are quick. */
export const useApplyCluster = () => useServer(applyCluster, "each");

async function applyCluster() {
  const cluster = await storedCluster(ADMIN);
  const mappings = (words: Words, options: CliOptions = {}) =>
    cluster.mappings(words, { environment: { AWS_MAX_ATTEMPTS: "2" }, ...options });
  return {
    ...cluster,
    mappings,
    apply: (entries: readonly unknown[], words: readonly string[] = [], options: CliOptions = {}) =>
      mappings(
        ["apply", "-f", writeMappings(entries), "-y", "--allow-weakening", ...words],
        options,
      ),
    written: (): string[] =>
      cluster.store.requests
        .filter(isPut)
        .map(({ body }) => JSON.parse(body.toString()).Name.slice(PREFIX.length + 1)),
    failPuts(from: number, fault: Fault) {
      let seen = 0;
      cluster.store.fail((request) => {
        if (isPut(request)) seen += 1;
        return isPut(request) && seen >= from ? fault : undefined;
      });
    },
  };
}
