// Errors that several Parameter Store operations share.

import { ServiceError } from "../service-error.ts";

export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

/** The service's error for invalid input. `field` is the member's name; the message shows it in lower camel case. */
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
