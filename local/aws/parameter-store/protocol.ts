// Dispatches Systems Manager requests to the store's operations.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html

import { answerJson, type Input, operationOf, parseInput, unknownOperation } from "../aws-json.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import type { ParameterStorage, StoreLocation } from "./parameter.ts";
import {
  getParameter,
  getParameterHistory,
  getParameters,
  getParametersByPath,
  listTagsForResource,
} from "./read-operations.ts";
import type { Admit } from "./throughput.ts";
import { deleteParameter, putParameter } from "./write-operations.ts";

type Operation = (parameters: ParameterStorage, location: StoreLocation, input: Input) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DeleteParameter: deleteParameter,
  GetParameter: getParameter,
  GetParameterHistory: getParameterHistory,
  GetParameters: getParameters,
  GetParametersByPath: getParametersByPath,
  ListTagsForResource: listTagsForResource,
  PutParameter: putParameter,
};

/** `open` returns the current parameters. `admit` throws if the call exceeds the rate limit. */
export function answerSsm(
  request: LocalRequest,
  open: () => ParameterStorage,
  location: StoreLocation,
  admit: Admit,
): LocalResponse {
  return answerJson(() => {
    const name = operationOf(request, "AmazonSSM");
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (operation === undefined) throw unknownOperation(request.method, name);
    admit(name);
    return operation(open(), location, parseInput(request.body));
  });
}
