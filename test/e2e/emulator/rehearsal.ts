// The emulator of a test file: a proxy that records the calls of programs, an STS of the local identities, a folder, and a
// caller of the webhook.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { type Post, post } from "../../post.ts";
import { startCallRecorder } from "./call-recorder.ts";
import { cdkOnEmulator } from "./cdk-on-emulator.ts";
import { startEmulator } from "./ministack.ts";

/** Stopped after the tests of the file. The folder is the output and home folder of programs. */
export async function startRehearsal() {
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  const callerToken = randomBytes(32).toString("base64url");
  const [sts, emulator] = [await startSts(), await startEmulator(REGION)];
  const recorder = await startCallRecorder(emulator);
  const environment = { ...emulator.environment, AWS_ENDPOINT_URL: `http://localhost:${recorder.port}` };
  after(async () => {
    await recorder.stop();
    await emulator.stop();
    await sts.close();
    rmSync(folder, { recursive: true });
  });

  /** The emulator selects an API by the Host header, since names below localhost need not resolve. */
  function send(url: string, { headers = {}, ...request }: Post) {
    const { host, pathname, search } = new URL(url);
    const place = `http://127.0.0.1:${emulator.port}${pathname}${search}`;
    return post(place, { ...request, headers: { host, ...(headers as Record<string, string>) } });
  }
  /** As kube-apiserver does. */
  function postReview(endpoint: string, body: string, caller = callerToken) {
    const headers = { authorization: `Bearer ${caller}`, "content-type": "application/json" };
    return send(`${endpoint}?timeout=30s`, { headers, body });
  }
  /** Sends a review of a new token of the local identity. */
  async function review(endpoint: string, name: string, caller?: string) {
    const made = await mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, region: REGION });
    const { status, text } = await postReview(endpoint, tokenReview(made), caller);
    return { httpStatus: status, text, ...JSON.parse(text).status };
  }
  return {
    ...{ folder, callerToken, emulator, recorder, sts, send, postReview, review },
    /** The CDK CLI, whose calls are recorded. */
    app: cdkOnEmulator({ ...emulator, environment }, folder, sts.url),
  };
}
