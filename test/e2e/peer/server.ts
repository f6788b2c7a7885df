// Starts the real server of aws-iam-authenticator with a mapping file; it calls the local STS
// through a proxy.

import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { CLUSTER_ID } from "../../../local/sandbox-files.ts";
import { createHostCertificates, startConnectProxy } from "../../connect-proxy.ts";
import { freePort } from "../../free-port.ts";
import { post } from "../../post.ts";
import { findAwsIamAuthenticator } from "../binaries/binaries.ts";
import { eventually, startServer } from "../control-plane/process.ts";
import { createFolder, removeFolder } from "../kubernetes.ts";

const START_MS = 30_000;

/**
 * Returns the server's process id, the path of the kubeconfig that it creates for kube-apiserver,
 * an agent that trusts its certificate, and `host:port` of all its connections.
 */
export async function startPeer(sts: string, mappings: object) {
  const folder = createFolder();
  const certificates = createHostCertificates();
  const proxy = await startConnectProxy(sts, certificates);
  const health = await holdHealthPort();
  const port = await freePort();
  const kubeconfig = join(folder, "peer.kubeconfig");
  const files = {
    config: join(folder, "peer.yaml"),
    ca: join(folder, "sts-ca.pem"),
    log: join(folder, "peer.log"),
  };
  writeFileSync(files.ca, certificates.ca);
  // https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format
  const server = {
    port,
    address: "127.0.0.1",
    hostname: "localhost",
    stateDir: folder,
    generateKubeconfig: kubeconfig,
    backendMode: ["MountedFile"],
    ...mappings,
  };
  writeFileSync(files.config, stringify({ clusterID: CLUSTER_ID, server }));
  const args = ["server", "--config", files.config, "--feature-gates", "SSORoleMatch=true"];
  const running = startServer(findAwsIamAuthenticator(), args, files.log, {
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: files.ca,
    PATH: process.env["PATH"] ?? "",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  });
  const url = `https://127.0.0.1:${port}/authenticate`;
  const agent = await eventually("the peer responds", START_MS, async () => {
    running.requireRunning();
    const trusting = new Agent({
      keepAlive: true,
      ca: readFileSync(join(folder, "cert.pem"), "utf8"),
    });
    await post(url, { agent: trusting });
    return trusting;
  });
  async function stop(): Promise<void> {
    agent.destroy();
    await running.stop();
    health.close();
    await proxy.close();
    removeFolder(folder);
  }
  return { pid: running.pid ?? Number.NaN, url, kubeconfig, agent, targets: proxy.targets, stop };
}

/**
 * The peer also listens on port 21363 of all interfaces (Run in pkg/server/server.go), without a
 * setting to disable it. If the port is in use, it continues without it; so this occupies the port
 * on loopback.
 */
async function holdHealthPort(): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(21363, "127.0.0.1");
  // Another process may use it already.
  await once(server, "listening").catch(() => undefined);
  return server;
}
