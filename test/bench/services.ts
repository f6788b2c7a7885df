// STS and Parameter Store behind TLS, with what the measured functions read.

import { generateKeyPairSync } from "node:crypto";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import { type IssuerKey, issuerKeyOf } from "../../functions/issuer/key.ts";
import { issuerKeyParameter } from "../../functions/parameters/names.ts";
import { type Credential, createCertificateAuthority } from "../../local/certificates.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { useFolder } from "../cli/fixtures.ts";
import { MAPPING_PREFIX } from "../e2e/cluster/backend.ts";
import { localServices, startParameterStore, startSts } from "../local-aws.ts";
import { CALLERS } from "./review-event.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const MAPPING = { arn: ROLE, username: "dev:{SessionName}", groups: ["developers"] };

/** Two keys, as during a rotation. */
export const ISSUER_KEYS: readonly IssuerKey[] = [1, 2].flatMap(() => {
  return issuerKeyOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey) ?? [];
});

export async function startServices() {
  const keys = ISSUER_KEYS.map(
    (key) => [issuerKeyParameter(MAPPING_PREFIX, key.kid), JSON.stringify(key)] as const,
  );
  const parameters = {
    [`${MAPPING_PREFIX}/callers`]: CALLERS,
    [`${MAPPING_PREFIX}/role/111122223333/developers`]: JSON.stringify(MAPPING),
    ...Object.fromEntries(keys),
  };
  const [sts, store] = [
    await startSts(),
    await startParameterStore({ region: REGION, parameters }),
  ];
  const authority = createCertificateAuthority();
  const fronts = [
    await startTlsFront(sts.url, authority.server()),
    await startTlsFront(store.url, authority.server()),
  ] as const;
  return {
    settings: {
      CLUSTER_ID,
      CALLER_AUTH: "bearer",
      ...localServices(REGION, { sts: fronts[0].url, store: fronts[1].url }),
      // With it, Node loads all root certificates in another thread at startup; without it, for the
      // first connection.
      NODE_EXTRA_CA_CERTS: useFolder().write("ca.pem", authority.ca),
    },
    async close() {
      for (const front of fronts) front.close();
      await Promise.all([sts.close(), store.close()]);
    },
  };
}

/** Forwards `https://localhost:<port>` to `target`. */
async function startTlsFront(target: string, { cert, key }: Credential) {
  const { hostname, port } = new URL(target);
  // Without noDelay, the body of a request arrives 40 ms after its head.
  const front = createServer({ cert, key, noDelay: true }, (socket) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.pipe(upstream).pipe(socket);
    // Ignores errors: the benchmark kills clients during connections.
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://localhost:${(front.address() as AddressInfo).port}`,
    close: () => front.close(),
  };
}
