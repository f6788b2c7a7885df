// How a local AWS service refuses a call: the code that SDKs turn into an exception name, a message, an HTTP status.

/** Thrown by operations, turned into the wire form by the protocol of their service. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
