// Additional faults of services, beyond those of local/faults.ts.

import type { Fault } from "../../local/faults.ts";
import type { LocalRequest } from "../../local/http-server.ts";

export type FaultRule = Fault | ((request: LocalRequest) => Fault | undefined);

export function answering(status: number, body = "", headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: "answer", status, body, headers };
}

/** An error in the JSON of STS. */
export function stsError(status: number, Code: string): Fault {
  return answering(status, JSON.stringify({ Error: { Code, Message: "as it says", Type: "Sender" } }));
}

/** An error in the JSON of Parameter Store. */
export function ssmError(status: number, type: string): Fault {
  return answering(status, JSON.stringify({ __type: type, message: "as it says" }), { "x-amzn-errortype": type });
}
