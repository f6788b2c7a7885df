// Two local clusters, with a configuration file that has a context for each.

import { answering, failing } from "../../../local/aws/service-faults.ts";
import { OPERATOR, startParameterStore, startSts } from "../../../local-aws.ts";
import { settingsOf, settingsValue, type Variables } from "../../../stored-settings.ts";
import { type CliOptions, cli, endpoints, useLocalAws, type Words } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";
import { named, readParameter } from "./cluster.ts";

export const ACCOUNT = "111122223333";
/** The keys of `useLocalAws`. */
export const OPERATORS = [OPERATOR];

export const useTwoClusters = (...both: Parameters<typeof twoClusters>) =>
  useServer(() => twoClusters(...both), "each");

async function twoClusters(
  prod: Readonly<Record<string, unknown>>,
  staging: Readonly<Record<string, unknown>>,
) {
  // A cluster without a mapping does not exist.
  const deployed = Object.entries({ prod, staging }).filter(
    ([, values]) => Object.keys(values).length > 0,
  );
  const settings = Object.assign({}, ...deployed.map(([name]) => settingsOf(name)));
  const parameters = {
    ...settings,
    ...named(prod),
    ...named(staging, "/iam-authenticator/staging"),
  };
  const store = await startParameterStore({
    parameters,
    servesRegion: (region) => ["us-east-1", "eu-west-1", "us-west-2"].includes(region),
  });
  const stacks = await startStacks({ "IamAuthenticator-prod": {}, "IamAuthenticator-staging": {} });
  const sts = await startSts({ identities: OPERATORS });
  useLocalAws({
    ...endpoints({ SSM: store, STS: sts, CLOUDFORMATION: stacks }),
    AWS_MAX_ATTEMPTS: "1",
  });
  const { path: home, configure } = useFolder();
  configure({
    contexts: { prod: { account: ACCOUNT }, staging: { account: ACCOUNT, region: "us-east-1" } },
  });
  const run = (words: Words, { environment, ...options }: CliOptions = {}) =>
    cli(words, { ...options, environment: { HOME: home, ...environment } });
  return {
    store,
    configure: (contexts: Readonly<Record<string, object>>) => configure({ contexts }),
    run,
    value: (cluster: string, name: string) =>
      readParameter(store, `/iam-authenticator/${cluster}/${name}`),
    /** Deploys the function of a cluster with these variables. */
    deploy: (cluster: string, variables: Variables) =>
      store.put(`/iam-authenticator/${cluster}/settings/${cluster}`, settingsValue(variables)),
    async verdict(cluster: string, arn: string): Promise<string> {
      const { out } = await run(`explain ${arn} -c ${cluster} -o json`);
      return JSON.parse(out).refusal?.code ?? "granted";
    },
    /** Fails each call of `operation` whose body contains `text`. `undefined` ends that. */
    fail(operation: string | undefined, text = ""): void {
      store.fail(
        operation === undefined ? undefined : failing(operation, answering(500, "{}"), text),
      );
    },
    close: () => Promise.all([store, stacks, sts].map((server) => server.close())),
  };
}
