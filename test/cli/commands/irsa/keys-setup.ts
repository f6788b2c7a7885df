// A Parameter Store and a kube-apiserver for the tests of `irsa keys`.

import { beforeEach } from "node:test";
import type { IssuerKey } from "../../../../functions/issuer/key.ts";
import { ec, rsa } from "../../../functions/issuer/samples.ts";
import { startParameterStore } from "../../../local-aws.ts";
import { type CliOptions, cli, useLocalAws, type Words, wordsOf } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { PREFIX } from "../mappings/cluster.ts";
import { kubeconfig, startService } from "./services.ts";

export const OLD = rsa();
export const NEW = ec("P-256");

/** One kube-apiserver, and a store for each test. */
export function useKeys() {
  const folder = useFolder();
  const api = useServer(startService);
  let time = Date.now();
  // Each parameter is written a second after the one before. With a parameter, publish does not
  // require --new.
  const parameters = { [`${PREFIX}/callers`]: "[]" };
  const store = useServer(
    () => startParameterStore({ parameters, now: () => (time += 1_000) }),
    "each",
  );
  beforeEach(() => {
    useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
    api.answers.clear();
  });
  const keys = (words: Words, options?: CliOptions) =>
    cli(["irsa", "keys", ...wordsOf(words), "-c", "prod"], options);
  const listed = async (): Promise<Record<string, string>[]> =>
    JSON.parse((await keys("list -o json")).out);
  return {
    ...{ folder, api, store, keys, listed },
    kids: async () => (await listed()).map(({ kid }) => kid),
    states: async () => (await listed()).map(({ state }) => state),
    admin: () => folder.write("admin.conf", kubeconfig(api)),
    jwksFile: (...jwks: object[]) => folder.write("jwks.json", JSON.stringify({ keys: jwks })),
    put(key: IssuerKey): string {
      const name = `${PREFIX}/issuer/${key.kid}`;
      store.put(name, JSON.stringify(key));
      return name;
    },
    /** Calls `act` before the response to each matching request, with its number. */
    beforeRequest(operation: string, act: (count: number) => unknown): void {
      const push = store.requests.push.bind(store.requests);
      let count = 0;
      store.requests.push = (...added) => {
        if (added.some(({ headers }) => headers["x-amz-target"] === `AmazonSSM.${operation}`))
          act(++count);
        return push(...added);
      };
    },
  };
}
