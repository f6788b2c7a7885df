// Strict decoders for the two encodings of a token: unpadded base64url, and SigV4's
// percent-encoding.

/**
 * Decodes canonical unpadded base64url (RFC 4648, sections 3.5 and 5) into one character per byte;
 * `undefined` for any other spelling. `Buffer` would also accept padding, the other alphabet, white
 * space and stray last bits.
 */
export function decodeBase64Url(text: string): string | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes.toString("latin1") : undefined;
}

const COMPONENT = /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * Decodes a name or value of a query. Accepts only unreserved characters and `%XX`, and only
 * printable ASCII as result.
 */
export function decodeComponent(text: string): string | undefined {
  if (!COMPONENT.test(text)) return undefined;
  const decoded = text.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return PRINTABLE_ASCII.test(decoded) ? decoded : undefined;
}

/**
 * Returns the spelling that is sent: RFC 3986 unreserved characters unchanged, all others as `%XX`
 * in upper case.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * (UriEncode)
 */
export function encodeComponent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
