// Replaces the SDK's SSMClient in the bundle (build/lean-ssm-client.ts). It serializes, signs and
// sends a call with the SDK's own code, without the SDK's retries, configuration files, endpoint
// rules and user agent.

import type { SSMClientResolvedConfig } from "@aws-sdk/client-ssm";
import { getHostHeaderPlugin } from "@aws-sdk/core/client";
import { Client } from "@smithy/core/client";
import { getContentLengthPlugin, parseUrl } from "@smithy/core/protocols";
import { getSchemaSerdePlugin } from "@smithy/core/schema";
import { NodeHttpHandler, type NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import { SignatureV4 } from "@smithy/signature-v4";
import type {
  FinalizeRequestMiddleware,
  HttpHandlerOptions,
  HttpRequest,
  MetadataBearer,
} from "@smithy/types";
import { defaultProvider } from "./credentials.ts";

/**
 * Options of the SDK's client. All are required here, since no file and no rule provides a default.
 */
interface LeanOptions {
  readonly region: string;
  readonly endpoint: string;
  readonly requestHandler: NodeHttpHandlerOptions;
}

/** CloudTrail shows it with each call. */
const USER_AGENT = "iam-authenticator";

export class LeanSsmClient extends Client<
  HttpHandlerOptions,
  object,
  MetadataBearer,
  SSMClientResolvedConfig
> {
  /**
   * `parts`: of the SDK's client, its protocol and its signer among them
   * (`runtimeConfig.shared.js`).
   */
  constructor(parts: SSMClientResolvedConfig, { region, endpoint, requestHandler }: LeanOptions) {
    const signer = new SignatureV4({
      credentials: defaultProvider(),
      region,
      service: "ssm",
      sha256: parts.sha256,
    });
    const config: SSMClientResolvedConfig = {
      ...parts,
      systemClockOffset: 0,
      signer: async () => signer,
      endpoint: async () => ({ ...parseUrl(endpoint), headers: { "user-agent": USER_AGENT } }),
      requestHandler: NodeHttpHandler.create(requestHandler),
      bodyLengthChecker: Buffer.byteLength,
      streamCollector,
    };
    super(config);
    this.middlewareStack.use(getSchemaSerdePlugin(config));
    this.middlewareStack.use(getContentLengthPlugin(config));
    this.middlewareStack.use(getHostHeaderPlugin(config));
    this.middlewareStack.add(signing(config), { step: "finalizeRequest" });
  }
}

/**
 * Returns a middleware that signs with the SDK's own signer, which corrects the time by the date of
 * a response if this clock is wrong.
 */
function signing(
  config: SSMClientResolvedConfig,
): FinalizeRequestMiddleware<object, MetadataBearer> {
  return (next, context) => async (args) => {
    const [scheme] = config.httpAuthSchemes;
    if (scheme === undefined) throw new Error("the SDK's client has no signer");
    const { signer } = scheme;
    const properties = { config, context };
    // The signer has the credentials: it ignores an identity.
    const request = await signer.sign(args.request as HttpRequest, {}, properties);
    const result = await next({ ...args, request }).catch(signer.errorHandler?.(properties));
    signer.successHandler?.(result.response, properties);
    return result;
  };
}

/** Replaces the SDK's own, which loads the module for streams of browsers. */
async function streamCollector(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
