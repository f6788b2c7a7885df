// A proxy for the emulator that records actions and access keys of clients. It runs in a thread, since tests block the
// main thread with execFileSync.

import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Emulator } from "./ministack.ts";

export interface Call {
  /** For example `cloudformation:CreateChangeSet`; for services without action names, the method: `s3:PUT`. */
  readonly action: string;
  readonly accessKeyId: string;
  /** Form parameters such as `RoleArn`. */
  readonly parameters: Readonly<Record<string, string>>;
}

export type CallRecorder = Awaited<ReturnType<typeof startCallRecorder>>;

export async function startCallRecorder({ port }: Emulator) {
  const worker = new Worker(new URL(import.meta.url), { workerData: port });
  const [own] = await once(worker, "message");
  return {
    port: own as number,
    /** All calls since the start. */
    async calls(): Promise<readonly Call[]> {
      worker.postMessage("calls");
      return (await once(worker, "message"))[0];
    },
    async stop() {
      await worker.terminate();
    },
  };
}

if (!isMainThread) {
  const calls: Call[] = [];
  const server = createServer(async (incoming, response) => {
    const { method = "GET", headers, url: path } = incoming;
    const body = await buffer(incoming);
    calls.push(callOf(method, headers, body));
    const forwarded = request({ host: "127.0.0.1", port: workerData, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", (error) => response.writeHead(502).end(String(error)));
    forwarded.end(body);
  });
  parentPort?.on("message", () => parentPort?.postMessage(calls));
  server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
}

/** The service is in the signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html */
function callOf(method: string, headers: Readonly<Record<string, unknown>>, body: Buffer): Call {
  const [, accessKeyId = "", service = ""] =
    /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(String(headers["authorization"])) ?? [];
  const [, target] = String(headers["x-amz-target"] ?? "").split(".");
  const isForm = String(headers["content-type"]).startsWith("application/x-www-form-urlencoded");
  const parameters = isForm ? Object.fromEntries(new URLSearchParams(body.toString())) : {};
  return { action: `${service}:${target ?? parameters["Action"] ?? method}`, accessKeyId, parameters };
}
