// An AWS account that only lists and deletes what a run can leave, with a clock that only `sleep`
// moves. Other calls, deployments and requests fail, unless a test answers them.

import { useFolder } from "../cli/fixtures.ts";
import { AwsError } from "./aws.ts";
import type { RealWorld } from "./real-world.ts";
import { Interrupted, type Ran } from "./world.ts";

/**
 * Standard output of a program, or an error for its standard error; `undefined`: the account's
 * answer.
 */
export type Answer = (call: string) => string | Error | undefined;

export const answered =
  (calls: RegExp, given: string | Error): Answer =>
  (call) =>
    calls.test(call) ? given : undefined;

type Input = Readonly<Record<string, unknown>>;

/**
 * By call: the resources (`role a|policy b` belongs to `role a`), the response's list, and its
 * items' member.
 */
const LISTS: Readonly<Record<string, readonly [resources: string, list: string, member?: string]>> =
  {
    "lambda list-functions": ["function ", "Functions", "FunctionName"],
    "apigatewayv2 get-apis": ["api ", "Items", "ApiId"],
    "cloudwatch describe-alarms": ["alarm ", "MetricAlarms", "AlarmName"],
    "iam list-open-id-connect-providers": ["provider ", "OpenIDConnectProviderList", "Arn"],
    "iam list-roles": ["role ", "Roles", "RoleName"],
    "iam list-role-policies": ["role {RoleName}|policy ", "PolicyNames"],
    "iam list-attached-role-policies": [
      "role {RoleName}|attached ",
      "AttachedPolicies",
      "PolicyArn",
    ],
    "iam list-user-policies": ["user {UserName}|policy ", "PolicyNames"],
    "iam list-access-keys": ["user {UserName}|key ", "AccessKeyMetadata", "AccessKeyId"],
    "s3api list-objects-v2": ["bucket {Bucket}|object ", "Contents", "Key"],
    "ssm get-parameters-by-path": ["parameter {Path}/", "Parameters", "Name"],
  };

/**
 * By call, the resource; `get-` instead of `delete-` reads it. What belongs to it must be deleted
 * before.
 */
export const DELETIONS: Readonly<Record<string, string>> = {
  "lambda delete-function": "function {FunctionName}",
  "apigatewayv2 delete-api": "api {ApiId}",
  "cloudwatch delete-alarms": "alarm {AlarmNames}",
  "logs delete-log-group": "log {logGroupName}",
  "codedeploy delete-application": "application {applicationName}",
  "iam delete-open-id-connect-provider": "provider {OpenIDConnectProviderArn}",
  "iam delete-role-policy": "role {RoleName}|policy {PolicyName}",
  "iam detach-role-policy": "role {RoleName}|attached {PolicyArn}",
  "iam delete-role": "role {RoleName}",
  "iam delete-user-policy": "user {UserName}|policy {PolicyName}",
  "iam delete-access-key": "user {UserName}|key {AccessKeyId}",
  "iam delete-user": "user {UserName}",
  "s3api delete-object": "bucket {Bucket}|object {Key}",
  "s3api delete-bucket": "bucket {Bucket}",
};

/** Of tagged resources; a stack's resources are named after it. */
const ARNS: Readonly<Record<string, string>> = {
  function: "arn:aws:lambda:eu-west-1:111122223333:function:",
  api: "arn:aws:apigateway:eu-west-1::/apis/",
  alarm: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:",
  log: "arn:aws:logs:eu-west-1:111122223333:log-group:",
  application: "arn:aws:codedeploy:eu-west-1:111122223333:application:",
  provider: "",
  role: "arn:aws:iam::111122223333:role/",
  user: "arn:aws:iam::111122223333:user/",
  bucket: "arn:aws:s3:::",
};

const TYPES: Readonly<Record<string, string>> = {
  function: "AWS::Lambda::Function",
  api: "AWS::ApiGatewayV2::Api",
  alarm: "AWS::CloudWatch::Alarm",
  log: "AWS::Logs::LogGroup",
  application: "AWS::CodeDeploy::Application",
  provider: "AWS::IAM::OIDCProvider",
  role: "AWS::IAM::Role",
};

export interface Stack {
  status: string;
  isProtected?: boolean;
  readonly resources: readonly string[];
  /** Those that its deletion does not delete. */
  readonly kept: readonly string[];
  next?: { readonly status: string; readonly at: number };
}

export type FakeWorld = ReturnType<typeof fakeWorld>;

export function fakeWorld(answer: Answer = () => undefined) {
  const resources = new Set(["parameter /cdk-bootstrap/hnb659fds/version"]);
  const stacks = new Map<string, Stack>();
  let now = Date.UTC(2026, 10, 26, 12);

  const fill = (text: string, input: Input) =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => String(input[name]));
  function need(resource: string): object {
    if (!resources.has(resource)) throw new AwsError("NoSuchEntity", `${resource} does not exist`);
    return {};
  }
  function remove(...removed: readonly string[]): object {
    for (const resource of removed) {
      need(resource);
      const owned = [...resources].find((name) => name.startsWith(`${resource}|`));
      if (owned !== undefined)
        throw new AwsError("DeleteConflict", `${owned} must be deleted first`);
      resources.delete(resource);
    }
    return {};
  }
  function list(prefix: string, name: string, member?: string): object {
    const [owner = "", owned] = prefix.split("|");
    if (owned !== undefined) need(owner);
    const found = [...resources].filter(
      (candidate) => candidate.startsWith(prefix) && candidate.lastIndexOf("|") < prefix.length,
    );
    const names = found.map((line) => line.slice(prefix.lastIndexOf(" ") + 1));
    return { [name]: member === undefined ? names : names.map((name) => ({ [member]: name })) };
  }
  function stackNamed(name: unknown): Stack {
    const stack = stacks.get(String(name));
    if (stack === undefined)
      throw new AwsError("ValidationError", `Stack with id ${name} does not exist`);
    if (stack.next === undefined || stack.next.at > now) return stack;
    stack.status = stack.next.status;
    delete stack.next;
    for (const item of stack.status === "DELETE_COMPLETE" ? stack.resources : []) {
      if (!stack.kept.includes(item)) resources.delete(item);
    }
    return stack;
  }
  const calls: Readonly<Record<string, (input: Input) => object>> = {
    "cloudformation list-stacks": () => ({
      StackSummaries: [...stacks.keys()].map((name) => {
        return { StackId: name, StackName: name, StackStatus: stackNamed(name).status };
      }),
    }),
    "cloudformation describe-stacks": ({ StackName }) => ({
      Stacks: [{ StackStatus: stackNamed(StackName).status }],
    }),
    "cloudformation list-stack-resources": ({ StackName }) => ({
      StackResourceSummaries: stackNamed(StackName).resources.map((line) => {
        const [kind = "", PhysicalResourceId] = line.split(" ");
        return { ResourceType: TYPES[kind], PhysicalResourceId };
      }),
    }),
    "cloudformation update-termination-protection": ({ StackName }) =>
      Object.assign(stackNamed(StackName), { isProtected: false }),
    "cloudformation delete-stack"({ StackName }) {
      const stack = stackNamed(StackName);
      const isBusy = stack.status.endsWith("_IN_PROGRESS") && stack.status !== "REVIEW_IN_PROGRESS";
      if (stack.isProtected || isBusy)
        throw new AwsError("ValidationError", "the stack cannot be deleted");
      const next = { status: "DELETE_COMPLETE", at: now + 60_000 };
      return Object.assign(stack, { status: "DELETE_IN_PROGRESS", next });
    },
    "ssm get-parameter": ({ Name }) => need(`parameter ${Name}`),
    "ssm delete-parameters": ({ Names }) =>
      remove(...(Names as readonly string[]).map((name) => `parameter ${name}`)),
    "sts get-caller-identity": () => ({
      Account: "111122223333",
      Arn: "arn:aws:iam::111122223333:user/operator",
    }),
    "lambda get-account-settings": () => ({
      AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
    }),
    "resourcegroupstaggingapi get-resources"({ TagFilters }) {
      const [{ Values }] = TagFilters as [{ Values: readonly string[] }];
      const tagged = [...resources].flatMap((line) => {
        const [kind = "", name = ""] = line.split(" ");
        const { [kind]: start } = ARNS;
        const isOf = !line.includes("|") && line.includes(String(Values));
        return start !== undefined && isOf ? [{ ResourceARN: `${start}${name}` }] : [];
      });
      return { ResourceTagMappingList: tagged };
    },
    "logs describe-log-groups"({ logGroupNamePattern = "", logGroupNamePrefix = "" }) {
      const names = [...resources].flatMap((line) => /^log (.*)/.exec(line)?.[1] ?? []);
      const found = names.filter(
        (name) =>
          name.includes(String(logGroupNamePattern)) && name.startsWith(String(logGroupNamePrefix)),
      );
      return { logGroups: found.map((logGroupName) => ({ logGroupName })) };
    },
    "lambda get-function-configuration": ({ FunctionName }) => need(`function ${FunctionName}`),
  };

  function aws(call: string, input: Input): object {
    const [listed, read, deleted] = [
      LISTS[call],
      DELETIONS[call.replace(" get-", " delete-")],
      DELETIONS[call],
    ];
    if (listed !== undefined) return list(fill(listed[0], input), listed[1], listed[2]);
    if (deleted !== undefined) return remove(fill(deleted, input));
    if (read !== undefined) return need(fill(read, input));
    const { [call]: other } = calls;
    if (other === undefined)
      throw new AwsError("AccessDenied", `this account does not allow ${call}`);
    return other(input);
  }

  let isInterrupted = false;
  function check(): void {
    if (isInterrupted) throw new Interrupted();
  }
  const world: RealWorld = {
    region: "eu-west-1",
    folder: useFolder().path,
    async run(program, args): Promise<Ran> {
      check();
      const given = answer([program, ...args].join(" "));
      if (typeof given === "string") return { exitCode: 0, stdout: given, stderr: "" };
      if (given !== undefined) return { exitCode: 1, stdout: "", stderr: given.message };
      if (args[0] === "--version") return { exitCode: 0, stdout: "1.0.0", stderr: "" };
      if (program !== "aws")
        return { exitCode: 1, stdout: "", stderr: `${program} does not work here` };
      const [service = "", operation = ""] = args;
      try {
        const input = JSON.parse(args[args.indexOf("--cli-input-json") + 1] ?? "");
        return {
          exitCode: 0,
          stdout: JSON.stringify(aws(`${service} ${operation}`, input)),
          stderr: "",
        };
      } catch (error) {
        const { code = "unknown", message } = error as Partial<AwsError>;
        return {
          exitCode: 254,
          stdout: "",
          stderr: `An error occurred (${code}) when calling it: ${message}`,
        };
      }
    },
    async request(url) {
      const text = answer(url);
      if (typeof text !== "string") throw text ?? new Error("not reachable");
      return { status: 200, headers: {}, text };
    },
    now: () => now,
    async sleep(ms) {
      check();
      now += ms;
    },
    print: () => undefined,
    settings: {},
    buildRelease: () => Promise.reject(new Error("no release here")),
    releaseParameters: {},
    acceptedRequests: () => Promise.reject(new Error("no Parameter Store here")),
    startApiserver: () => Promise.reject(new Error("no kube-apiserver here")),
    unserved: {},
    interrupt() {
      isInterrupted = true;
    },
    resume() {
      isInterrupted = false;
    },
  };
  return { ...world, resources, stacks };
}

/**
 * Creates what a run can leave: stacks during an update, with protection, deleted and never
 * created, and resources of all kinds.
 */
export function makeEverything({ resources, stacks, now }: FakeWorld, id: string): void {
  const stack = (
    name: string,
    status: string,
    kept: readonly string[],
    more: Partial<Stack> = {},
  ) => {
    const all = [
      ...Object.keys(TYPES).map((kind) =>
        kind === "provider"
          ? `provider arn:aws:iam::111122223333:oidc-provider/${name}`
          : `${kind} ${name}-${kind}`,
      ),
      `role ${name.slice(0, 24)}-1`,
    ];
    const left = all.filter((line) => kept.includes(line.split(" ")[0] ?? ""));
    stacks.set(name, { status, resources: all, kept: left, ...more });
    for (const line of status.startsWith("DELETE") ? (stacks.get(name)?.kept ?? []) : all)
      resources.add(line);
  };
  const next = { status: "UPDATE_COMPLETE", at: now() + 180_000 };
  stack(`IamAuthenticator-${id}`, "UPDATE_IN_PROGRESS", ["log"], { next });
  stack(`IamAuthenticator-${id}-release-30`, "DELETE_COMPLETE", ["log"]);
  stack(`IamAuthenticator-${id}-mtls`, "REVIEW_IN_PROGRESS", []);
  stack(`IamAuthenticatorIssuer-${id}`, "CREATE_COMPLETE", Object.keys(TYPES), {
    isProtected: true,
  });
  for (const line of [
    ...["", "-pod", "-jwt", "-deployer"].flatMap((end) => [
      `role ${id}${end}`,
      `role ${id}${end}|policy read`,
    ]),
    ...[
      `role ${`IamAuthenticatorIssuer-${id}`.slice(0, 24)}-1|attached basic`,
      `log IamAuthenticator-${id}-other`,
    ],
    ...[`user ${id}`, `user ${id}|key AKIA0000000000000000`, `user ${id}|policy sign`],
    ...[`bucket ${id}-111122223333`, `bucket ${id}-111122223333|object authenticator.zip`],
    ...Array.from({ length: 12 }, (_, index) => `parameter /iam-authenticator/${id}/role/${index}`),
    ...["-from", "-by-role", "-terraform", "-release-30", "-mtls", "-private"].map(
      (end) => `parameter /iam-authenticator/${id}${end}/callers`,
    ),
  ]) {
    resources.add(line);
  }
}
