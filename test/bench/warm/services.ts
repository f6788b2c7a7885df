// STS and Parameter Store behind TLS, with mappings for most identities and long lists for some.

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IssuerKey, issuerKeyOf } from "../../../functions/issuer/key.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { localServices } from "../../../local/function.ts";
import { LOCAL_IDENTITIES } from "../../../local/identities.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION, TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { MAPPING_PREFIX } from "../../e2e/cluster/backend.ts";
import { people } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { startTlsFront } from "../tls-front.ts";

const HOME = "111122223333";
/** The account with lists. */
const OTHER = "444455556666";
const ENTRIES = 20;

/** Two keys, as during a rotation. */
export const ISSUER_KEYS: readonly IssuerKey[] = [1, 2].flatMap(() => {
  return issuerKeyOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey) ?? [];
});

/** `crowdSize`: number of identities with a mapping each. `delayMs`: one-way latency of the distant services. */
export async function startServices({ crowdSize = 0, delayMs = 10 } = {}) {
  const crowd = people(crowdSize, crowdSize, MAPPING_PREFIX, { denies: false });
  const sts = await startSts({
    identities: [...LOCAL_IDENTITIES, ...crowd.identities],
    signedTokens: { issuers: TOKEN_ISSUERS },
  });
  const store = await startParameterStore({
    region: REGION,
    parameters: { ...parameters(), ...crowd.parameters },
  });
  const authority = createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), "bench-ca-"));
  const authorityFile = join(folder, "ca.pem");
  writeFileSync(authorityFile, authority.ca);
  const credential = authority.server();
  const fronts = await Promise.all(
    [sts.url, store.url].flatMap((url) => [startTlsFront(url, credential), startTlsFront(url, credential, delayMs)]),
  );
  const [nearSts, distantSts, nearStore, distantStore] = fronts.map(({ url }) => url);
  const settings = (sts = "", store = "") => ({
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...localServices(REGION, { sts, store }),
    // With it, Node loads all root certificates in another thread at startup; without it, for the first connection.
    NODE_EXTRA_CA_CERTS: authorityFile,
  });
  return {
    /** Settings that point the function at these services; `distant` ones have latency. */
    settings: { near: settings(nearSts, nearStore), distant: settings(distantSts, distantStore) },
    /** Settings that add AWS-signed tokens. */
    signedTokens: {
      JWT_ISSUERS: Array.from(TOKEN_ISSUERS, (pair) => pair.join("=")).join(),
      JWT_KEYS_ENDPOINT: nearSts ?? "",
    },
    /** Plain HTTP. */
    stsUrl: sts.url,
    /** The certificate of the services' authority, which the settings make Node trust. */
    authorityFile,
    /** Identities with a mapping each, in addition to `LOCAL_IDENTITIES`. */
    crowd: crowd.identities,
    async close() {
      for (const front of fronts) front.close();
      rmSync(folder, { recursive: true });
      await Promise.all([sts.close(), store.close()]);
    },
  };
}

/** Parameter values by full name. */
function parameters(): Record<string, string> {
  const others = Array.from({ length: ENTRIES - 1 }, (_, index) => `arn:aws:iam::${OTHER}:role/team-${index}-*`);
  const values: Record<string, unknown> = {
    [`role/${HOME}/developers`]: {
      arn: `arn:aws:iam::${HOME}:role/Developers`,
      username: "dev:{SessionName}",
      groups: ["developers"],
    },
    // Without a session name, for AWS-signed tokens.
    [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/engineering/alice`, username: "alice", groups: [] },
    // Invalid: without a username.
    [`federated-user/${HOME}/dave`]: { arn: `arn:aws:sts::${HOME}:federated-user/dave`, groups: ["developers"] },
    [`deny/${OTHER}`]: [...others, `arn:aws:iam::${OTHER}:user/alice`].map((arnLike) => ({ arnLike })),
    [`pattern/${OTHER}`]: [...others, `arn:aws:iam::${OTHER}:role/Dev*`].map((arnLike, index) => ({
      arnLike,
      username: `team-${index}:{SessionName}`,
      groups: [`team-${index}`],
    })),
  };
  const named = Object.entries(values).map(([name, value]) => [`${MAPPING_PREFIX}/${name}`, JSON.stringify(value)]);
  const keys = ISSUER_KEYS.map((key) => [issuerKeyParameter(MAPPING_PREFIX, key.kid), JSON.stringify(key)]);
  return { [`${MAPPING_PREFIX}/callers`]: CALLERS, ...Object.fromEntries([...named, ...keys]) };
}
