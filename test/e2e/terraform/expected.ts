// Converts the release's CloudFormation templates to the expected resources of the Terraform
// modules.

import assert from "node:assert/strict";
import { releaseApp } from "../../../build/templates/templates.ts";
import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { useFolder } from "../../cli/fixtures.ts";
import type { Body } from "./evaluate.ts";
import { argumentsOf, type Properties } from "./words.ts";

interface Template {
  readonly Parameters: Readonly<
    Record<string, { readonly Type: string; readonly Default?: unknown }>
  >;
  readonly Resources: Readonly<Record<string, Resource>>;
}
interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Properties;
}

/** Of a release whose code is not built. */
export function releaseTemplate(stack: "http" | "issuer"): Template {
  const code = { fileName: "code.zip", sha256: "sha256" };
  const app = releaseApp(
    { authenticator: code, issuer: code, "deployment-check": code },
    useFolder().path,
  );
  return app.synth().getStackByName(stack).template;
}

/** Values from AWS as placeholders of the evaluated module. */
const AWS: Readonly<Record<string, string>> = {
  "AWS::Partition": "<data.aws_partition.current.partition>",
  "AWS::Region": "<data.aws_region.current.region>",
  // In the name of the access log, which is not compared.
  "AWS::StackName": "stack",
  "AWS::AccountId": "<data.aws_caller_identity.current.account_id>",
};

/** Terraform addresses by logical id, without the construct's name and CDK's hash. */
const ADDRESSES: Readonly<Record<string, string>> = {
  Log: "aws_cloudwatch_log_group.authenticator",
  Role: "aws_iam_role.authenticator",
  Parameter4aa7305b: "aws_ssm_parameter.settings",
  Rights: "aws_iam_role_policy.authenticator",
  Function: "aws_lambda_function.authenticator",
  FunctionAliaslive: "aws_lambda_alias.live",
  Api: "aws_apigatewayv2_api.authenticator",
  ApiPOSTauthenticateFunction: "aws_apigatewayv2_integration.authenticator",
  ApiPOSTauthenticateFunctionPermission: "aws_lambda_permission.api",
  ApiPOSTauthenticate: "aws_apigatewayv2_route.authenticate",
  Stage: "aws_apigatewayv2_stage.default",
  AccessLog: "aws_cloudwatch_log_group.access",
  Notifications: "aws_sns_topic.notifications[0]",
  NotificationsSubscription: "aws_sns_topic_subscription.notifications[0]",
  Failing: "aws_cloudwatch_metric_alarm.failing",
  FailingWithStandby: "aws_cloudwatch_metric_alarm.failing",
  Refused: "aws_cloudwatch_metric_alarm.refused",
  NoReviews: "aws_cloudwatch_metric_alarm.no_reviews[0]",
  // Of the issuer.
  ApiGETwellknownopenidconfigurationFunction: "aws_apigatewayv2_integration.authenticator",
  ApiGETwellknownopenidconfigurationFunctionPermission: `aws_lambda_permission.document["${DISCOVERY_PATH}"]`,
  ApiGETwellknownopenidconfiguration: `aws_apigatewayv2_route.document["${DISCOVERY_PATH}"]`,
  ApiGETopenidv1jwksFunctionPermission: `aws_lambda_permission.document["${JWKS_PATH}"]`,
  ApiGETopenidv1jwks: `aws_apigatewayv2_route.document["${JWKS_PATH}"]`,
  Provider: "aws_iam_openid_connect_provider.authenticator",
  InvalidKeys: "aws_cloudwatch_metric_alarm.invalid_keys",
};

/**
 * Value of `Ref` if it is not the name.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const REF: Readonly<Record<string, string>> = {
  "AWS::Lambda::Alias": "arn",
  "AWS::ApiGatewayV2::Api": "id",
  "AWS::ApiGatewayV2::Integration": "id",
  "AWS::Lambda::Function": "function_name",
  "AWS::SNS::Topic": "arn",
};

/** Alarms that a parameter decides on, together with Monitoring. */
const ONLY_WITH: Readonly<Record<string, (parameters: Properties) => boolean>> = {
  NoReviews: ({ QuietHours }) => Boolean(QuietHours),
  Failing: ({ FailoverUrl }) => !FailoverUrl,
  FailingWithStandby: ({ FailoverUrl }) => Boolean(FailoverUrl),
};

/** Not in the module: resources for gradual deployments. */
const LEFT_OUT =
  /^(Deployment|DeploymentCheck|DeploymentService|NewVersion|(Accounts|FailoverUrl)Change|FunctionCurrentVersion)/;

export type Expected = ReturnType<typeof expectedResources>;

/** Each resource must exist and have these arguments, and there must be no other. */
export function equalResources(resources: ReadonlyMap<string, Body>, expected: Expected): void {
  for (const { address, arguments: wanted } of expected) {
    const found = parsed(resources.get(address) ?? assert.fail(`${address} is missing`));
    assert.deepEqual(
      Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key]])),
      wanted,
      address,
    );
  }
  assert.deepEqual([...resources.keys()].sort(), expected.map(({ address }) => address).sort());
}

/** Parses JSON in arguments, so that its format does not matter. */
function parsed(body: Body): Body {
  return JSON.parse(JSON.stringify(body), (_, value) =>
    typeof value === "string" && /^\{"/.test(value) ? JSON.parse(value) : value,
  );
}

/** `variables` are those of the module: `memory_size` is the template's parameter `MemorySize`. */
export function expectedResources(
  template: Template,
  variables: Readonly<Record<string, unknown>>,
) {
  const values = Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [
      variable.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()),
      Array.isArray(value) ? value.join() : value,
    ]),
  );
  const parameters = Object.fromEntries(
    Object.entries(template.Parameters).map(([name, { Type, Default }]) => {
      const value = values[name] ?? Default;
      return [name, Type === "Number" ? Number(value) : value];
    }),
  );

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== undefined);
    return typeof value === "object" && value !== null ? resolveObject(value) : value;
  }

  function resolveObject(value: object): unknown {
    const {
      Ref,
      "Fn::GetAtt": attribute,
      "Fn::Join": join,
      "Fn::If": choice,
    } = value as Properties;
    if (typeof Ref === "string") return resolveRef(Ref);
    if (attribute !== undefined) return reference(attribute[0], attribute[1]);
    if (join !== undefined) return join[1].map(resolve).join(join[0]);
    if (choice !== undefined) return resolve(isGiven(choice[0]) ? choice[1] : choice[2]);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
  }

  function resolveRef(name: string): unknown {
    if (name === "AWS::NoValue") return undefined;
    return name in parameters ? parameters[name] : (AWS[name] ?? reference(name));
  }

  /**
   * `Has<parameter>`: whether the parameter has a value; `undefined` for conditions that do not
   * depend on one.
   */
  function isGiven(condition = ""): boolean | undefined {
    if (condition === "IsAnyAccount") return parameters["Accounts"] === "any";
    const parameter = condition.replace(/^Has/, "");
    return parameter in parameters ? !["", "0"].includes(String(parameters[parameter])) : undefined;
  }

  function reference(id: string, attribute?: string): string {
    // The alias's version, which is not compared.
    if (LEFT_OUT.test(shortId(id))) return `<${id}>`;
    const address = addressOf(id);
    if (attribute === undefined)
      return `<${address}.${REF[template.Resources[id]?.Type ?? ""] ?? "name"}>`;
    // CloudFormation's log group ARN ends with the streams' wildcard; Terraform's does not.
    const isLogGroup = address === "aws_cloudwatch_log_group.authenticator";
    return `<${address}.${attribute.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase()}>${isLogGroup ? ":*" : ""}`;
  }

  return Object.entries(template.Resources)
    .filter(([id, { Condition }]) => isGiven(Condition) !== false && !LEFT_OUT.test(shortId(id)))
    .filter(([id]) => ONLY_WITH[shortId(id)]?.(parameters) ?? true)
    .map(([id, { Type, Properties = {} }]) => {
      return {
        address: addressOf(id),
        arguments: argumentsOf(Type, resolve(Properties) as Properties),
      };
    });
}

/**
 * `AuthenticatorFailing690A16C2` and `IssuerFailing...` become `Failing`; also removes the hash of
 * the policy's content.
 */
function shortId(id: string): string {
  return id
    .replace(/^(Authenticator|Issuer)/, "")
    .replace(/[0-9A-F]{8}$/, "")
    .replace(/^Rights[0-9a-f]{8}$/, "Rights");
}

/** Of a resource that the module lacks, the logical id, which is no address. */
function addressOf(id: string): string {
  const short = shortId(id);
  return ADDRESSES[short] ?? short;
}
