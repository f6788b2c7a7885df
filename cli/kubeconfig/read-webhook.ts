// The webhook kubeconfig, read as kube-apiserver reads it: the current context's cluster and user.

import { isObject } from "../../functions/authenticator/lib/json.ts";
import { parseYaml } from "../document/document.ts";
import { usage } from "../failure.ts";
import type { Webhook } from "./webhook.ts";

/** Throws where it has no server, or names files of another machine. */
export function parseWebhook(text: string, file: string): Webhook {
  const config = parseYaml(text, file);
  const context = named(config, "contexts", "context", isObject(config) ? config["current-context"] : undefined);
  const cluster = named(config, "clusters", "cluster", context["cluster"]);
  const user = named(config, "users", "user", context["user"]);
  const server = cluster["server"];
  if (typeof server !== "string") throw usage(`${file} is no kubeconfig with a server in its current context.`);
  const ca = decoded(cluster["certificate-authority-data"]);
  const certificate = decoded(user["client-certificate-data"]);
  const key = decoded(user["client-key-data"]);
  const token = user["token"];
  return {
    server,
    ...(ca !== undefined && { ca }),
    ...(typeof token === "string" && { token }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  };
}

/** The part of this name in one of a kubeconfig's three lists; empty where there is none. */
function named(config: unknown, list: string, part: string, name: unknown): Record<string, unknown> {
  const items = isObject(config) ? config[list] : undefined;
  const item: unknown = Array.isArray(items) ? items.find((one) => isObject(one) && one["name"] === name) : undefined;
  const found = isObject(item) ? item[part] : undefined;
  return isObject(found) ? found : {};
}

function decoded(value: unknown): string | undefined {
  return typeof value === "string" ? Buffer.from(value, "base64").toString() : undefined;
}
