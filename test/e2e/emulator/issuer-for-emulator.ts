// Adapts the issuer's template to the emulator, which does not support OIDC providers, and whose API URLs (with a port,
// without TLS) are invalid for issuers.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>;
  readonly Outputs: Record<string, unknown>;
}

/** Throws if there is nothing to change: then this file can be deleted. */
export function forEmulator(folder: string, stack: string): void {
  const file = join(folder, `${stack}.template.json`);
  const template: Template = JSON.parse(readFileSync(file, "utf8"));
  const idOf = (type: string) => {
    const [found, ...others] = Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
    if (found === undefined || others.length > 0) throw new Error(`${file}: not one ${type}`);
    return found[0];
  };
  delete template.Resources[idOf("AWS::IAM::OIDCProvider")];
  delete template.Outputs["ProviderArn"];
  const environment = template.Resources[idOf("AWS::Lambda::Function")]?.Properties?.["Environment"];
  const { Variables } = environment as { Variables: Record<string, unknown> };
  // The URL on AWS.
  const api = `\${${idOf("AWS::ApiGatewayV2::Api")}}`;
  Variables["ISSUER_URL"] = { "Fn::Sub": `https://${api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}` };
  writeFileSync(file, JSON.stringify(template));
}

/** Disables the protection in the template; operators use the console or the AWS CLI. */
export function withoutProtection(folder: string, stack: string): void {
  const file = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const { properties } = manifest.artifacts[stack];
  if (properties.terminationProtection !== true) throw new Error(`${stack} is not protected`);
  properties.terminationProtection = false;
  writeFileSync(file, JSON.stringify(manifest));
}
