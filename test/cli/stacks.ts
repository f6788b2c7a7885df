// A local CloudFormation with given stacks and outputs. Its protocol is IAM's, and clients ignore the namespace.

import { type LocalServer, ServiceError, startHttpServer } from "../../local/aws/http-server.ts";
import { readForm, renderError, renderResult } from "../../local/aws/protocols.ts";

/** DescribeStacks, for one stack or all: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function startStacks(stacks: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<LocalServer> {
  return startHttpServer((request) => {
    const form = readForm(request);
    const [action, name] = [form.get("Action") ?? "", form.get("StackName")];
    if (action !== "DescribeStacks") return renderError("iam", new ServiceError("InvalidAction", action));
    if (name !== null && !Object.hasOwn(stacks, name))
      return renderError("iam", new ServiceError("ValidationError", `Stack with id ${name} does not exist`));
    const found = Object.entries(stacks).filter(([one]) => name === null || one === name);
    const member = found.map(([StackName, outputs]) => {
      const pairs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      const state = { CreationTime: "2026-11-01T00:00:00Z", StackStatus: "UPDATE_COMPLETE" };
      return { StackName, ...state, Outputs: { member: pairs } };
    });
    return renderResult("iam", action, { Stacks: { member } });
  });
}

export function accessDenied(action: string) {
  const message = `User: arn:aws:iam::111122223333:user/reader is not authorized to perform: ${action}`;
  const { status, headers = {}, body } = renderError("iam", new ServiceError("AccessDenied", message, 403));
  return { kind: "answer", status, headers, body: String(body) } as const;
}
