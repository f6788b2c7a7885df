// An issuer of AWS-signed tokens with the keys of a local STS, and an AuthenticationConfiguration
// that trusts it.

import { parse, stringify } from "yaml";
import { TOKEN_ISSUERS } from "../../../local/sandbox-files.ts";
import { useFolder } from "../../cli/fixtures.ts";
import { startOidcIssuer } from "../../oidc-issuer.ts";

export type AwsIssuer = Awaited<ReturnType<typeof startAwsIssuer>>;

/** `sts`: the URL of the local STS, once it is known. */
export async function startAwsIssuer(account: string, sts: () => string) {
  const named = TOKEN_ISSUERS.get(account) ?? "";
  const server = await startOidcIssuer([]);
  const discoveryURL = `${server.url}/.well-known/openid-configuration`;
  server.answer(async (path) => {
    if (`${server.url}${path}` === discoveryURL) {
      return {
        status: 200,
        body: JSON.stringify({ issuer: named, jwks_uri: `${server.url}/.well-known/jwks.json` }),
      };
    }
    const response = await fetch(`${sts()}/${new URL(named).host}${path}`);
    return { status: response.status, body: await response.text() };
  });
  return {
    /**
     * Returns the path of a copy of the example, with this issuer's address and the URL that its
     * tokens name.
     */
    configuration(example: string): string {
      const configuration = parse(
        example.replace(/https:\/\/<id>\.tokens\.sts\.global\.api\.aws/, named),
      );
      Object.assign(configuration.jwt[0].issuer, { discoveryURL, certificateAuthority: server.ca });
      return useFolder().write("authentication-config.yaml", stringify(configuration));
    },
    fail: () => server.answer(() => ({ status: 503, body: "" })),
    stop: server.stop,
  };
}
