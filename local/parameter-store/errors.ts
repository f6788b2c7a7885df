// Refusals of Parameter Store that several operations have.

import { ServiceError } from "../service-error.ts";

export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

/** The service's form for an input that breaks its model; `field` is the wire name, shown with a small first letter. */
export function constraintError(value: unknown, field: string, constraint: string): ServiceError {
  const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  const member = field.charAt(0).toLowerCase() + field.slice(1);
  return validationError(
    `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  );
}

export function notFound(name: string): ServiceError {
  return new ServiceError("ParameterNotFound", `Parameter ${name} not found.`);
}
