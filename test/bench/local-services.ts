// Starts what a review needs: STS and Parameter Store behind TLS, a caller and tokens.

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issuerKeyOf } from "../../functions/issuer/key.ts";
import { issuerKeyParameter } from "../../functions/issuer/keys.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { localIdentity } from "../../local/identities.ts";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { mintToken } from "../../local/token.ts";
import { CALLERS, reviewEvent } from "./review-event.ts";
import { startTlsFront } from "./tls-front.ts";

export interface LocalServices {
  /** Settings that point the function at these services. */
  readonly environment: Readonly<Record<string, string>>;
  /** File with the certificate of their authority, which `environment` makes Node trust. */
  readonly authorityFile: string;
  /** HTTP API events with granted reviews, each with a different token. */
  readonly events: readonly unknown[];
  /** Throws if the function's result is not a grant. */
  check(answer: string): void;
  close(): Promise<void>;
}

const CLUSTER_ID = "bench";
const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;

/** `delayMs`: one-way latency of both services. */
export async function startLocalServices({ reviews = 1, delayMs = 0 } = {}): Promise<LocalServices> {
  const sts = await startSts();
  const mapping = {
    arn: "arn:aws:iam::111122223333:role/Developers",
    username: "dev:{SessionName}",
    groups: ["developers"],
  };
  const store = await startParameterStore({
    parameters: {
      [`${PREFIX}/callers`]: CALLERS,
      [`${PREFIX}/role/111122223333/developers`]: JSON.stringify(mapping),
      ...issuerKeyParameters(),
    },
  });
  const authority = createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), "bench-ca-"));
  const authorityFile = join(folder, "ca.pem");
  writeFileSync(authorityFile, authority.ca);
  const credential = authority.server();
  const [stsFront, storeFront] = await Promise.all([
    startTlsFront(sts.url, credential, delayMs),
    startTlsFront(store.url, credential, delayMs),
  ]);
  const now = Date.now();
  const tokens = Array.from({ length: reviews }, (_, index) =>
    mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: "us-east-1", now: now - index * 1_000 }),
  );

  return {
    environment: {
      CLUSTER_ID,
      CALLER_AUTH: "bearer",
      AWS_ENDPOINT_URL_STS: stsFront.url,
      AWS_ENDPOINT_URL_SSM: storeFront.url,
      // With it, Node loads all root certificates in another thread at startup; without it, for the first
      // connection.
      NODE_EXTRA_CA_CERTS: authorityFile,
    },
    authorityFile,
    events: (await Promise.all(tokens)).map((token) => reviewEvent(token)),
    check(answer) {
      const { body = "" }: { body?: string } = JSON.parse(answer);
      if (!body.includes('"authenticated":true')) throw new Error(`not granted: ${answer}`);
    },
    async close() {
      stsFront.close();
      storeFront.close();
      rmSync(folder, { recursive: true });
      await Promise.all([sts.close(), store.close()]);
    },
  };
}

/** Two keys, as during a rotation. */
function issuerKeyParameters(): Record<string, string> {
  const keys = [1, 2].map(() => issuerKeyOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey));
  return Object.fromEntries(keys.map((key) => [issuerKeyParameter(PREFIX, key?.kid ?? ""), JSON.stringify(key)]));
}
