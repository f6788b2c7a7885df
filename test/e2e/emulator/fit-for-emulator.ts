// Adapts synthesized templates to the emulator, which supports neither computed metrics in alarms
// nor OIDC providers, and whose API URLs (with a port, without TLS) are invalid for issuers.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLAIN = {
  Namespace: "LambdaIamAuthenticator",
  MetricName: "Reviews",
  Statistic: "Sum",
  Period: 60,
};

// biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
type Properties = Record<string, any>;
interface Template {
  readonly Resources: Record<string, { readonly Type: string; Properties?: Properties }>;
  readonly Outputs?: Properties;
}

/**
 * Changes the output of `cdk synth`. `sts`: the STS of functions that verify tokens. Throws if no
 * alarm has to change: then that part can be deleted.
 */
export function fitForEmulator(folder: string, sts: string): void {
  let alarms = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".template.json"))) {
    const template: Template = JSON.parse(readFileSync(join(folder, name), "utf8"));
    for (const resource of Object.values(template.Resources)) {
      const { Metrics, ...others } = resource.Properties ?? {};
      if (resource.Type === "AWS::CloudWatch::Alarm" && Metrics !== undefined) {
        resource.Properties = { ...others, ...PLAIN };
        alarms += 1;
      }
      const variables = others["Environment"]?.Variables;
      if (variables?.CALLER_AUTH !== undefined) variables.AWS_ENDPOINT_URL_STS = sts;
    }
    if (idsOf(template, "AWS::IAM::OIDCProvider").length > 0) fitIssuer(template);
    writeFileSync(join(folder, name), JSON.stringify(template));
  }
  if (alarms === 0)
    throw new Error(`${folder}: the emulator supports all alarms; nothing to change`);
}

function fitIssuer(template: Template): void {
  for (const id of idsOf(template, "AWS::IAM::OIDCProvider")) delete template.Resources[id];
  delete template.Outputs?.["ProviderArn"];
  const [[api], [issuer = ""]] = [
    idsOf(template, "AWS::ApiGatewayV2::Api"),
    idsOf(template, "AWS::Lambda::Function"),
  ];
  const { Variables = {} } = template.Resources[issuer]?.Properties?.["Environment"] ?? {};
  Variables.ISSUER_URL = {
    "Fn::Sub": `https://\${${api}}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`,
  };
}

function idsOf({ Resources }: Template, type: string): string[] {
  return Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
}

export function setReleasedSts(folder: string, sts: string): void {
  const file = join(folder, "http.template.yaml");
  const [before, after, ...others] = readFileSync(file, "utf8").split('AWS_ENDPOINT_URL_STS: ""');
  if (after === undefined || others.length > 0)
    throw new Error(`${file}: not one AWS_ENDPOINT_URL_STS`);
  writeFileSync(file, `${before}AWS_ENDPOINT_URL_STS: ${sts}${after}`);
}
