// Runs the function behind a local gateway, with a local STS and Parameter Store, and runs `doctor` as a local identity.

import assert from "node:assert/strict";
import { signedTokensLazily } from "../../../functions/authenticator/aws/lazy.ts";
import { createSts } from "../../../functions/authenticator/aws/sts.ts";
import { createAuthenticator } from "../../../functions/authenticator/handler.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { createParameterStore } from "../../../functions/parameters/parameter-store.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../../local/gateway/gateway.ts";
import { localIdentity } from "../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { keyVariables } from "../../aws-variables.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { type LocalCluster, storedCluster } from "../mappings/cluster.ts";
import { type AccountLimit, startAccountSettings } from "./account-settings.ts";

export interface LocalEndpoint {
  readonly cluster: LocalCluster;
  readonly stsUrl: string;
  gateway(settings: Readonly<Record<string, string>>, options?: Omit<GatewayOptions, "handler">): Promise<Gateway>;
  doctor(who: string, words: readonly string[], options?: DoctorOptions): Promise<Diagnosis>;
  close(): Promise<unknown>;
}

interface DoctorOptions extends CliOptions {
  readonly accountLimit?: AccountLimit;
}

export interface Diagnosis {
  readonly code: number;
  readonly err: string;
  /** Such as `reachable ok`. */
  readonly states: readonly string[];
  check(name: string): { readonly state: string; readonly seen: string; readonly advice?: string } | undefined;
}

export async function startEndpoint(): Promise<LocalEndpoint> {
  const sts = await startSts({ signedTokens: { issuers: TOKEN_ISSUERS, forbidden: ["contractor"] } });
  const cluster = await storedCluster({
    "role/111122223333/developers": {
      arn: "arn:aws:iam::111122223333:role/Developers",
      username: "dev:{SessionName}",
      groups: ["developers"],
    },
  });
  let limit: AccountLimit;
  const lambda = await startAccountSettings(() => limit);
  return {
    cluster,
    stsUrl: sts.url,
    gateway(settings, options = {}) {
      const read = readSettings({ CLUSTER_ID: "prod", AWS_REGION: "us-east-1", ...settings });
      const { jwt: rules } = read;
      const { handler } = createAuthenticator(read, {
        askSts: createSts({ regionalHost: "sts.us-east-1.amazonaws.com", endpoint: new URL(sts.url) }),
        fetchParameters: createParameterStore({ region: "us-east-1", endpoint: new URL(cluster.store.url) })
          .fetchParameters,
        findNodeName: async () => ({ refusal: "no nodes here" }),
        signedTokens: rules && signedTokensLazily({ rules, endpoint: new URL(sts.url), clock: Date.now }),
        clock: Date.now,
        print: () => {},
      });
      return startGateway({ ...options, handler });
    },
    async doctor(who, words, { accountLimit = { total: 1000, free: 992 }, ...options } = {}) {
      limit = accountLimit;
      useLocalAws({
        AWS_ENDPOINT_URL_SSM: cluster.store.url,
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_ENDPOINT_URL_LAMBDA: lambda.url,
        ...keyVariables(localIdentity(who)),
      });
      const environment = { AWS_ENDPOINT_URL_STS: sts.url };
      const place = words.includes("-c") ? [] : ["-c", "prod"];
      const result = await cli(["doctor", ...place, "--times", "5", "-o", "json", ...words], {
        environment,
        ...options,
      });
      const checks: { check: string; state: string; seen: string; advice?: string }[] =
        result.out === "" ? [] : JSON.parse(result.out);
      for (const { check, state, advice } of checks) assert.ok(state === "ok" || advice, `${check} says what to do`);
      return {
        ...result,
        states: checks.map(({ check, state }) => `${check} ${state}`),
        check: (name) => checks.find(({ check }) => check === name),
      };
    },
    close: () => Promise.all([sts.close(), lambda.close(), cluster.store.close()]),
  };
}
