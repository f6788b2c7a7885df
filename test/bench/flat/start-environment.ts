// Starts the built bundle in a process of its own, with the heap of a function of 512 MB.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { STS_URL } from "./in-process-services.ts";
import { CLUSTER_ID, type Done, type Work } from "./work.ts";

const ENVIRONMENT = fileURLToPath(new URL("environment.ts", import.meta.url));
const NULL = openSync("/dev/null", "w");

/** Lambda's heap flags for 512 MB. */
const NODE_OPTIONS = ["--expose-gc", "--max-old-space-size=460", "--max-semi-space-size=25"];

export interface Environment {
  run(work: Work): Promise<Done>;
  end(): void;
}

/** `parameterStore` is its URL. */
export async function startEnvironment(parameterStore: string, callerAuth: string): Promise<Environment> {
  const child: ChildProcess = fork(ENVIRONMENT, {
    execArgv: NODE_OPTIONS,
    env: {
      PATH: process.env["PATH"],
      CLUSTER_ID,
      CALLER_AUTH: callerAuth,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
      AWS_ENDPOINT_URL_STS: STS_URL,
      AWS_ENDPOINT_URL_SSM: parameterStore,
    },
    stdio: ["ignore", NULL, "inherit", "ipc"],
  });
  child.once("exit", (code) => {
    if (code) process.exit(code);
  });
  await once(child, "message");
  return {
    async run(work) {
      child.send(work);
      return (await once(child, "message"))[0];
    },
    end: () => child.disconnect(),
  };
}
