// The signing key of service account tokens, the keys that the issuer serves, the exchange of a
// token at STS, and the use of tokens all the time during a rotation, with the phase in which each
// use is first refused.

import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeProtectedHeader, type JSONWebKeySet } from "jose";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import type { LocalIssuer } from "../../../local/issuer.ts";
import { POD_ROLE_ARN } from "../../../local/service-account.ts";
import { post } from "../../post.ts";

export function newKeyFiles(folder: string): {
  readonly privateKey: string;
  readonly publicKey: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const files = { privateKey: join(folder, "next.key"), publicKey: join(folder, "next.pub") };
  writeFileSync(files.privateKey, privateKey.export({ format: "pem", type: "sec1" }), {
    mode: 0o600,
  });
  writeFileSync(files.publicKey, publicKey.export({ format: "pem", type: "spki" }));
  return files;
}

export async function servedKeys({ url, ca }: LocalIssuer): Promise<JSONWebKeySet> {
  const { text } = await post(`${url}${JWKS_PATH}`, { method: "GET", tls: { ca } });
  return JSON.parse(text);
}

export function kidOf(token: string): string {
  return decodeProtectedHeader(token).kid ?? "";
}

/**
 * Sends AssumeRoleWithWebIdentity as an SDK does. Returns the ARN of the session; throws with STS's
 * code and message.
 */
export async function exchange(stsUrl: string, token: string): Promise<string> {
  const parameters = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: POD_ROLE_ARN,
    RoleSessionName: "pod",
    WebIdentityToken: token,
  };
  const { status, text } = await post(`${stsUrl}/`, {
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(parameters).toString(),
  });
  const answer = JSON.parse(text);
  if (status !== 200) throw new Error(`${answer.Error.Code}: ${answer.Error.Message}`);
  return answer.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.AssumedRoleUser
    .Arn;
}

interface TokenUse {
  /** Unique: the token, and who verifies it. */
  readonly name: string;
  readonly isAccepted: () => Promise<boolean>;
}

const PAUSE_MS = 100;

export function useTokens(firstPhase: string) {
  const uses: TokenUse[] = [];
  const refusals = new Map<string, string>();
  let [phase, rounds, tries, ended] = [firstPhase, 0, 0, false];

  const load = (async () => {
    for (; !ended; rounds += 1) {
      for (const { name, isAccepted } of [...uses]) {
        tries += 1;
        // The phase in which the answer comes, not the request: begin waits until each use was
        // tried in the phase before.
        if (!(await isAccepted()) && !refusals.has(name)) refusals.set(name, phase);
      }
      await sleep(PAUSE_MS);
    }
  })();
  // settle and stop report it.
  load.catch(() => undefined);

  async function settle(): Promise<void> {
    // The current round may have begun before this call.
    const wanted = rounds + 2;
    while (rounds < wanted) await Promise.race([load, sleep(PAUSE_MS)]);
  }

  return {
    refusals,
    settle,
    get tries() {
      return tries;
    },
    /** Throws if the first use is refused. */
    async add(use: TokenUse) {
      if (!(await use.isAccepted())) throw new Error(`${use.name}: refused from the start`);
      uses.push(use);
    },
    async begin(next: string) {
      await settle();
      phase = next;
    },
    async stop() {
      await settle();
      ended = true;
      await load;
    },
  };
}
