// One cluster in two regions: a Parameter Store and a stack in each, and a configuration file with
// a context for each.

import {
  type LocalRequest,
  type LocalServer,
  startHttpServer,
} from "../../local/aws/http-server.ts";
import { startParameterStore } from "../local-aws.ts";
import { post } from "../post.ts";
import { settingsOf } from "../stored-settings.ts";
import { type CliOptions, cli, endpoints, useLocalAws, type Words } from "./cli.ts";
import { named, PREFIX, readParameter } from "./commands/mappings/cluster.ts";
import { useFolder, useServer } from "./fixtures.ts";
import { startStacks } from "./stacks.ts";

export const REGIONS = { one: "eu-west-1", other: "eu-central-1" } as const;
type Name = keyof typeof REGIONS;
type Values = Readonly<Record<string, unknown>>;

export const useTwoRegions = (...words: Parameters<typeof twoRegions>) =>
  useServer(() => twoRegions(...words), "each");

type Outputs = Readonly<Record<string, string>>;
/** `one` has `outputs`, and `other` only an endpoint. */
async function twoRegions(
  stored: Values,
  outputs: Outputs = { Endpoint: "https://one.example/authenticate" },
) {
  const store = (name: Name) =>
    startParameterStore({
      // A cluster without a parameter does not exist.
      parameters: { ...(Object.keys(stored).length > 0 && settingsOf("prod")), ...named(stored) },
      region: REGIONS[name],
      servesRegion: (region) => [REGIONS[name], "us-east-1"].includes(region),
      now: () => Date.UTC(2020),
    });
  const stores = { one: await store("one"), other: await store("other") };
  const stackOf = (outputs: Readonly<Record<string, string>>) =>
    startStacks({ "IamAuthenticator-prod": outputs });
  const other = await stackOf({ Endpoint: "https://other.example/authenticate" });
  const stacks = { one: await stackOf(outputs), other };
  const fronts = { ssm: await frontOf(stores), cloudformation: await frontOf(stacks) };
  useLocalAws(endpoints({ SSM: fronts.ssm, CLOUDFORMATION: fronts.cloudformation }));
  const { path: home, configure: write } = useFolder();
  const configure = (contexts: Values) => void write({ contexts });
  configure({
    one: { cluster: "prod", region: REGIONS.one },
    other: { cluster: "prod", region: REGIONS.other },
  });
  return {
    home,
    configure,
    stackCalls: fronts.cloudformation.requests,
    run: (words: Words, { environment, ...options }: CliOptions = {}) =>
      cli(words, {
        ...options,
        environment: { HOME: home, AWS_MAX_ATTEMPTS: "1", ...environment },
      }),
    put: (name: Name, parameter: string, value: unknown) =>
      stores[name].put(`${PREFIX}/${parameter}`, JSON.stringify(value)),
    values: (parameter: string) =>
      Promise.all(
        [stores.one, stores.other].map((store) => readParameter(store, `${PREFIX}/${parameter}`)),
      ),
    /** Resets the connections of these services of a region. `undefined` ends that. */
    strike(name: Name | undefined, services: readonly string[] = ["ssm"], operation = "") {
      for (const [service, front] of Object.entries(fronts)) {
        const isStruck = name !== undefined && services.includes(service);
        const isIt = ({ headers }: LocalRequest) =>
          headers["x-amz-target"]?.endsWith(operation) !== false;
        front.fail((request) =>
          isStruck && nameOf(request) === name && isIt(request) ? { kind: "reset" } : undefined,
        );
      }
    },
    close: () =>
      Promise.all(
        [fronts, stores, stacks]
          .flatMap(Object.values)
          .map((server: LocalServer) => server.close()),
      ),
  };
}

/**
 * One AWS_ENDPOINT_URL_<service> for all regions: passes each request on to the region for which it
 * is signed.
 */
function frontOf(servers: Readonly<Record<Name, LocalServer>>): Promise<LocalServer> {
  return startHttpServer(async (request) => {
    const { method, target, headers, body } = request;
    const { connection: _, "content-length": __, ...others } = headers;
    // Keeps the header Host, which is signed.
    const answer = await post(`${servers[nameOf(request)].url}${target}`, {
      method,
      headers: others,
      body,
    });
    const type = { "content-type": answer.headers["content-type"] ?? "" };
    return { status: answer.status, headers: type, body: answer.text };
  });
}

const nameOf = ({ headers }: LocalRequest): Name =>
  headers["authorization"]?.includes(`/${REGIONS.other}/`) ? "other" : "one";
