// A Parameter Store and a kube-apiserver for the tests of `irsa keys`.

import { beforeEach } from "node:test";
import type { IssuerKey } from "../../../../functions/issuer/key.ts";
import { ec, rsa } from "../../../functions/issuer/samples.ts";
import { type MemoryStore, startParameterStore } from "../../../local-aws.ts";
import { type CliOptions, cli, useLocalAws, type Words, wordsOf } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { PREFIX } from "../mappings/cluster.ts";
import { kubeconfig, type LocalService, startService } from "./services.ts";

export const OLD = rsa();
export const NEW = ec("P-256");
export let store: MemoryStore;
export let api: LocalService;
export const folder = useFolder();

export function useServices(): void {
  const service = useServer(startService);
  let time = Date.now();
  // Each parameter is written a second after the one before. With a parameter, publish does not require --new.
  const parameters = { [`${PREFIX}/callers`]: "[]" };
  const written = useServer(() => startParameterStore({ parameters, now: () => (time += 1_000) }), "each");
  beforeEach(() => {
    [api, store] = [service, written];
    useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
    api.answers.clear();
  });
}

export const keys = (words: Words, options?: CliOptions) =>
  cli(["irsa", "keys", ...wordsOf(words), "-c", "prod"], options);
export const admin = () => folder.write("admin.conf", kubeconfig(api));
export const jwksFile = (...jwks: object[]) => folder.write("jwks.json", JSON.stringify({ keys: jwks }));

export function put(key: IssuerKey): string {
  const name = `${PREFIX}/issuer/${key.kid}`;
  store.put(name, JSON.stringify(key));
  return name;
}

export const listed = async (): Promise<Record<string, string>[]> => JSON.parse((await keys("list -o json")).out);
export const kids = async () => (await listed()).map(({ kid }) => kid);
export const states = async () => (await listed()).map(({ state }) => state);

/** Calls `act` before the response to each matching request, with its number. */
export function beforeRequest(operation: string, act: (count: number) => unknown): void {
  const push = store.requests.push.bind(store.requests);
  let count = 0;
  store.requests.push = (...added) => {
    if (added.some(({ headers }) => headers["x-amz-target"] === `AmazonSSM.${operation}`)) act(++count);
    return push(...added);
  };
}
