// Makes the issuer's synthesized template fit for the emulator, whose CloudFormation knows no OIDC provider, and whose APIs
// have URLs that no issuer may have: with a port, and without TLS.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>;
  readonly Outputs: Record<string, unknown>;
}

/** Throws where there is nothing to change: then this file may go. */
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
  // As AWS has it.
  const api = `\${${idOf("AWS::ApiGatewayV2::Api")}}`;
  Variables["ISSUER_URL"] = { "Fn::Sub": `https://${api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}` };
  writeFileSync(file, JSON.stringify(template));
}

/** What an operator does in the console or by the AWS CLI, done by the next deployment. */
export function withoutProtection(folder: string, stack: string): void {
  const file = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const { properties } = manifest.artifacts[stack];
  if (properties.terminationProtection !== true) throw new Error(`${stack} is not protected`);
  properties.terminationProtection = false;
  writeFileSync(file, JSON.stringify(manifest));
}
