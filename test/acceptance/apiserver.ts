// A kube-apiserver on the machine of the person who runs the acceptance command, with the temporary
// cluster as its webhook.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findExistingControlPlane } from "../e2e/binaries/binaries.ts";
import { whoIs } from "../e2e/control-plane/api.ts";
import { startKubernetes } from "../e2e/kubernetes.ts";
import type { Webhook } from "./reviews.ts";
import { NotRun } from "./rows.ts";
import type { Apiserver } from "./world.ts";

/** Shorter than kube-apiserver's default of 2 min, so that a denial is visible within a check. */
const CACHE_TTL = "5s";

/** `folder` gets the file with the caller's token. `ca`: of the webhook; default: the machine's. */
export async function startApiserver(
  folder: string,
  { server, token = "" }: Webhook,
  ca?: string,
): Promise<Apiserver> {
  const programs = findExistingControlPlane();
  if (programs === undefined) {
    throw new NotRun(
      "no kube-apiserver, etcd and kubectl on the PATH, in KUBEBUILDER_ASSETS or built",
    );
  }
  const configFile = join(folder, "apiserver.kubeconfig");
  const named = { name: "webhook" };
  const config = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": named.name },
    clusters: [
      {
        ...named,
        cluster: { server, ...(ca !== undefined && { "certificate-authority-data": btoa(ca) }) },
      },
    ],
    users: [{ ...named, user: { token } }],
    contexts: [{ ...named, context: { cluster: named.name, user: named.name } }],
  };
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const kubernetes = await startKubernetes({
    programs,
    webhook: { configFile, version: "v1", cacheTtl: CACHE_TTL },
  });
  return {
    async whoami(reviewed) {
      const user = await whoIs(kubernetes.endpoint, reviewed);
      return user?.username ?? "401";
    },
    stop: kubernetes.stop,
  };
}
