// The fake's `iam-authenticator`: subcommands of the checks, on the fake's parameters.

import { createPublicKey, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { webhookKubeconfig } from "../../../cli/kubeconfig/webhook.ts";
import { keyId } from "../../../functions/issuer/key.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { mintToken } from "../../../local/token.ts";
import { cli } from "../../cli/cli.ts";
import type { Ran } from "../world.ts";
import type { VirtualClock } from "./clock.ts";
import type { Cloud } from "./cloud.ts";
import { canonical } from "./endpoint.ts";
import { signingInput, signToken } from "./signed-tokens.ts";

export async function runCommand(
  cloud: Cloud,
  clock: VirtualClock,
  region: string,
  args: readonly string[],
  identity: LocalIdentity | undefined,
): Promise<Ran> {
  const option = (...names: string[]) => {
    const at = args.findIndex((word) => names.includes(word));
    return at < 0 ? "" : (args[at + 1] ?? "");
  };
  const clusterId = option("-c", "--cluster");
  const mapping = (target: string) => `/iam-authenticator/${clusterId}/mapping ${target}`;
  const printed = (stdout: string): Ran => ({ exitCode: 0, stdout, stderr: "" });
  const user = (arn: string) => {
    const value = cloud.parameters.get(mapping(canonical(arn)));
    const { username = "" } = value === undefined ? {} : (JSON.parse(value) as { username: string });
    return JSON.stringify({ user: { username: username.replace("{SessionName}", "probe") } });
  };

  switch (args.slice(0, 2).join(" ")) {
    case "callers add": {
      const token = randomBytes(32).toString("base64url");
      const callers = cloud.callers.get(clusterId) ?? new Set<string>();
      cloud.callers.set(clusterId, callers.add(token));
      cloud.parameters.set(`/iam-authenticator/${clusterId}/callers`, "[]");
      writeFileSync(option("--out"), webhookKubeconfig({ server: option("--endpoint"), token }));
      return printed("");
    }
    case "mappings set":
      cloud.parameters.set(
        mapping(canonical(args[2] ?? "")),
        JSON.stringify({ username: option("--username"), group: option("--group") }),
      );
      return printed("");
    case "mappings remove":
      cloud.parameters.delete(mapping(canonical(args[2] ?? "")));
      return printed("");
    case "mappings list": {
      const found = [...cloud.parameters].filter(([name]) => name.startsWith(mapping("")));
      return printed(JSON.stringify(found.map(([name, value]) => ({ arn: name.split(" ")[1], ...JSON.parse(value) }))));
    }
    case "reviews list": {
      const lines =
        [...cloud.resources["AWS::Logs::LogGroup"]].find(([name]) => name.endsWith(`${clusterId}-Log`))?.[1] ?? [];
      return printed(JSON.stringify(lines.map(({ message }) => JSON.parse(message))));
    }
    case "irsa keys": {
      const kid = keyId(createPublicKey(readFileSync(option("--public-key"), "utf8")));
      cloud.parameters.set(`/iam-authenticator/${clusterId}/issuer/${kid}`, "{}");
      return printed(`+ issuer/${kid}  RS256, 2048 bits\n`);
    }
    case "jwt policy": {
      const { code, out, err } = await cli(args);
      return { exitCode: code, stdout: out, stderr: err };
    }
    case "irsa trust-policy":
      return printed("{}");
    default:
  }
  switch (args[0]) {
    case "token":
      if (identity === undefined) break;
      if (args.includes("--jwt")) {
        const { WebIdentityToken: token } = await signToken(cloud, clock, signingInput(clusterId), identity);
        return printed(JSON.stringify({ status: { token } }));
      }
      return printed(
        JSON.stringify({ status: { token: await mintToken({ identity, clusterId, region, now: clock.now() }) } }),
      );
    case "doctor":
      return printed(JSON.stringify([{ check: "review", state: "ok", seen: "granted" }]));
    case "explain":
      return printed(user(args[1] ?? ""));
    case "whoami":
      return printed(user(identity?.arn ?? ""));
    default:
  }
  return { exitCode: 2, stdout: "", stderr: `the fake does not support the command ${args.join(" ")}` };
}
