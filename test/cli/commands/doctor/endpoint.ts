// Runs the function behind a local gateway, with a local STS and Parameter Store, and runs `doctor`
// as a local identity.

import assert from "node:assert/strict";
import { signedTokensLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { createSts } from "../../../../functions/authenticator/aws/sts.ts";
import { createAuthenticator } from "../../../../functions/authenticator/handler.ts";
import { readSettings } from "../../../../functions/authenticator/settings.ts";
import { createParameterStore } from "../../../../functions/parameters/parameter-store.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { type GatewayOptions, startGateway } from "../../../../local/gateway/gateway.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { type CliOptions, cli, endpoints, useLocalAws, type Words, wordsOf } from "../../cli.ts";
import { storedCluster } from "../mappings/cluster.ts";

/**
 * The account's concurrent executions, and how many are unreserved. Empty: no permission to read
 * them.
 */
type Limit = readonly [total?: number, free?: number];
/** Of the version behind the alias. `undefined`: no permission to read them. */
type Deployed = Readonly<Record<string, string>> | undefined;
type DoctorOptions = CliOptions & { readonly concurrency?: Limit; readonly deployed?: Deployed };

/**
 * GetAccountSettings and GetFunctionConfiguration of Lambda:
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
 */
export function startAccountSettings(
  limit: () => Limit,
  deployed: () => Deployed = () => undefined,
) {
  return startHttpServer(({ target }) => {
    const variables = deployed();
    if (
      variables !== undefined &&
      target.endsWith("/functions/authenticator/configuration?Qualifier=live")
    ) {
      return {
        status: 200,
        body: JSON.stringify({ Version: "7", Environment: { Variables: variables } }),
      };
    }
    const [ConcurrentExecutions, UnreservedConcurrentExecutions] = limit();
    const refused = { "x-amzn-errortype": "AccessDeniedException" };
    const message = "User: arn:x is not authorized to perform: lambda:GetAccountSettings";
    const isHidden = variables === undefined && target.includes("/configuration");
    if (ConcurrentExecutions === undefined || isHidden)
      return { status: 403, headers: refused, body: JSON.stringify({ message }) };
    const AccountLimit = { ConcurrentExecutions, UnreservedConcurrentExecutions };
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ AccountLimit }),
    };
  });
}

export async function startEndpoint() {
  const sts = await startSts({
    signedTokens: { issuers: TOKEN_ISSUERS, forbidden: ["contractor"] },
  });
  const arn = "arn:aws:iam::111122223333:role/Developers";
  const mapping = { arn, username: "dev:{SessionName}", groups: ["developers"] };
  const cluster = await storedCluster({ "role/111122223333/developers": mapping }, ["eu-west-1"]);
  let limit: Limit = [];
  let variables: Deployed;
  const lines: string[] = [];
  const lambda = await startAccountSettings(
    () => limit,
    () => variables,
  );
  return {
    cluster,
    /** The lines of the functions' logs. */
    lines,
    stsUrl: sts.url,
    gateway(
      settings: Readonly<Record<string, string>>,
      options: Omit<GatewayOptions, "handler"> = {},
    ) {
      const read = readSettings({ CLUSTER_ID: "prod", AWS_REGION: "us-east-1", ...settings });
      const { jwt: rules } = read;
      const parameters = createParameterStore({
        region: "us-east-1",
        endpoint: new URL(cluster.store.url),
        clock: Date.now,
      });
      const { handler } = createAuthenticator(read, {
        askSts: createSts({
          regionalHost: "sts.us-east-1.amazonaws.com",
          endpoint: new URL(sts.url),
          clock: Date.now,
        }),
        fetchParameters: parameters.fetchParameters,
        findNodeName: async () => ({ refusal: "no nodes here" }),
        signedTokens:
          rules && signedTokensLazily({ rules, endpoint: new URL(sts.url), clock: Date.now }),
        clock: Date.now,
        print: (line) => lines.push(line),
      });
      return startGateway({ ...options, handler });
    },
    async doctor(
      who: string,
      typed: Words,
      { concurrency = [1000, 992], deployed, ...options }: DoctorOptions = {},
    ) {
      const words = wordsOf(typed);
      [limit, variables] = [concurrency, deployed];
      const urls = endpoints({ SSM: cluster.store, STS: sts, LAMBDA: lambda });
      // A test may have started it.
      const { AWS_ENDPOINT_URL_CLOUDFORMATION = "" } = process.env;
      useLocalAws({
        AWS_ENDPOINT_URL_CLOUDFORMATION,
        ...urls,
        ...keyVariables(localIdentity(who)),
      });
      const environment = { AWS_ENDPOINT_URL_STS: sts.url };
      const place = words.includes("-c") ? [] : ["-c", "prod"];
      const all = ["doctor", ...place, "-o", "json", ...words];
      const result = await cli(all, { environment, ...options });
      const checks: { check: string; state: string; seen: string; advice?: string }[] =
        result.out === "" ? [] : JSON.parse(result.out);
      for (const { check, state, advice } of checks)
        assert.ok(state === "ok" || advice, `${check} says what to do`);
      return {
        ...result,
        states: checks.map(({ check, state }) => `${check} ${state}`),
        /** `<state>: <seen> -> <advice>` of the first check with this name. */
        said(name: string): string {
          const { state, seen, advice } = checks.find(({ check }) => check === name) ?? {};
          return `${state}: ${seen}${advice === undefined ? "" : ` -> ${advice}`}`;
        },
        failed: checks.filter(({ state }) => state === "failed"),
        check: (name: string) => checks.find(({ check }) => check === name),
      };
    },
    close: () => Promise.all([sts.close(), lambda.close(), cluster.store.close()]),
  };
}
