// A local CloudFormation with given stacks and outputs.

import { type LocalServer, startHttpServer } from "../../local/http-server.ts";

/** DescribeStacks, for one stack or all: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function startStacks(stacks: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<LocalServer> {
  return startHttpServer(({ body }) => {
    const form = new URLSearchParams(body.toString());
    const name = form.get("StackName");
    if (form.get("Action") !== "DescribeStacks")
      return xml(400, error("InvalidAction", `Could not find ${form.get("Action")}`));
    if (name !== null && !Object.hasOwn(stacks, name))
      return xml(400, error("ValidationError", `Stack with id ${name} does not exist`));
    const found = Object.entries(stacks).filter(([one]) => name === null || one === name);
    return xml(
      200,
      `<DescribeStacksResponse xmlns="${NAMESPACE}"><DescribeStacksResult><Stacks>` +
        `${found.map(([one, outputs]) => member(one, outputs)).join("")}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
}

function member(name: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return (
    `<member><StackName>${name}</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime>` +
    `<StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join("")}</Outputs></member>`
  );
}

const NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/** The response to a caller without permission, also for `fail()`. */
export function stacksForbidden() {
  const message =
    "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: cloudformation:DescribeStacks";
  return { kind: "answer", ...xml(403, error("AccessDenied", message)) } as const;
}

function error(code: string, message: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function xml(status: number, body: string) {
  return { status, headers: { "content-type": "text/xml" }, body };
}
