// Runs a built bundle in a separate process with only the environment of a Lambda function.

import { fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Handler, THROTTLING } from "./gateway/events.ts";
import type { LocalIdentity } from "./identities.ts";

export interface LocalFunction extends Handler {
  readonly pid: number | undefined;
  close(): void;
}

export interface FunctionReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** URLs of the local services that a function calls; the issuer calls only Parameter Store. */
export interface ServiceUrls {
  readonly store: string;
  readonly sts?: string;
  readonly ec2?: string;
}

/**
 * Returns environment variables that point the SDK at local services, with the credentials of the
 * function's role, as on Lambda.
 */
export function localServices(
  region: string,
  { store, sts, ec2 }: ServiceUrls,
  { accessKeyId, secretAccessKey, sessionToken }: LocalIdentity,
): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    AWS_ENDPOINT_URL_SSM: store,
    ...(sts !== undefined && { AWS_ENDPOINT_URL_STS: sts }),
    ...(ec2 !== undefined && { AWS_ENDPOINT_URL_EC2: ec2, AWS_ENDPOINT_URL_IAM: ec2 }),
  };
}

/** Starts the process. Appends its output to `logFile`. */
export function startFunction(
  environment: Readonly<Record<string, string>>,
  logFile: string,
  bundle: "authenticator" | "issuer" = "authenticator",
): LocalFunction {
  const log = openSync(logFile, "a");
  const child = fork(new URL("function-process.ts", import.meta.url), [bundle], {
    env: { ...environment },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;

  child.on("message", ({ id, result, error }: FunctionReply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  });
  child.on("exit", (code) => {
    for (const call of waiting.values())
      call.reject(new Error(`the function ended with ${code}; see ${logFile}`));
    waiting.clear();
  });

  return {
    pid: child.pid,
    handler(event, { awsRequestId }) {
      lastId += 1;
      const call = Promise.withResolvers<unknown>();
      const message = `the function is not running; see ${logFile}`;
      if (!child.connected) throw Object.assign(new Error(message), { name: THROTTLING });
      waiting.set(lastId, call);
      child.send({ id: lastId, event, awsRequestId });
      return call.promise;
    },
    close() {
      // Its process may have been killed.
      if (child.connected) child.disconnect();
    },
  };
}
