// An error of a local AWS service: a code, which SDKs use as exception name, a message and an HTTP status.

/** Operations throw it, and the service's protocol turns it into a response. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
