// STS and Parameter Store behind TLS, with what the functions of candidates.ts read.

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IssuerKey, issuerKeyOf } from "../../functions/issuer/key.ts";
import { issuerKeyParameter } from "../../functions/issuer/keys.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { localServices } from "../../local/function.ts";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { MAPPING_PREFIX } from "../e2e/cluster/backend.ts";
import { CALLERS } from "./review-event.ts";
import { startTlsFront } from "./tls-front.ts";

const ROLE = {
  arn: "arn:aws:iam::111122223333:role/Developers",
  username: "dev:{SessionName}",
  groups: ["developers"],
};

/** Two keys, as during a rotation. */
export const ISSUER_KEYS: readonly IssuerKey[] = [1, 2].flatMap(() => {
  return issuerKeyOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey) ?? [];
});

/** `delayMs`: one-way latency. */
export async function startServices(delayMs = 0) {
  const keys = ISSUER_KEYS.map((key) => [issuerKeyParameter(MAPPING_PREFIX, key.kid), JSON.stringify(key)] as const);
  const parameters = {
    [`${MAPPING_PREFIX}/callers`]: CALLERS,
    [`${MAPPING_PREFIX}/role/111122223333/developers`]: JSON.stringify(ROLE),
    ...Object.fromEntries(keys),
  };
  const [sts, store] = [await startSts(), await startParameterStore({ region: REGION, parameters })];
  const authority = createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), "bench-ca-"));
  const authorityFile = join(folder, "ca.pem");
  writeFileSync(authorityFile, authority.ca);
  const fronts = [
    await startTlsFront(sts.url, authority.server(), delayMs),
    await startTlsFront(store.url, authority.server(), delayMs),
  ] as const;
  return {
    /** Settings that point the function at these services. */
    settings: {
      CLUSTER_ID,
      CALLER_AUTH: "bearer",
      ...localServices(REGION, { sts: fronts[0].url, store: fronts[1].url }),
      // With it, Node loads all root certificates in another thread at startup; without it, for the first connection.
      NODE_EXTRA_CA_CERTS: authorityFile,
    },
    /** The certificate of the services' authority. */
    authorityFile,
    async close() {
      for (const front of fronts) front.close();
      rmSync(folder, { recursive: true });
      await Promise.all([sts.close(), store.close()]);
    },
  };
}
