// The code in an error body of STS, which comes as JSON where that was asked for, and as XML where a proxy drops `accept`.

import { isObject, parseJson } from "../../lib/json.ts";

/** `undefined` where there is not exactly one, at its own place. The text around it is never looked at. */
export function stsErrorCode(body: string): string | undefined {
  const code = body.startsWith("<") ? codeInXml(body) : codeInJson(body);
  return code !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined;
}

function codeInJson(body: string): string | undefined {
  const answer = parseJson(body);
  const error = isObject(answer) ? answer["Error"] : undefined;
  const code = isObject(error) ? error["Code"] : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Elements that hold text alone: no attributes, no children, no comments, no CDATA. Without space between elements. */
const ERROR_RESPONSE =
  /^(?:<\?xml [\w "=.-]*\?>)?<ErrorResponse(?: xmlns="[^"<>]*")?><Error>((?:<(\w{1,64})(?:\/>|>[^<]*<\/\2>))*)<\/Error>(?:<RequestId>[^<]*<\/RequestId>)?<\/ErrorResponse>$/;

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html; this one form of XML and no other. */
function codeInXml(body: string): string | undefined {
  const [, children = ""] = ERROR_RESPONSE.exec(body.replace(/>[ \t\r\n]+(?=<|$)/g, ">")) ?? [];
  const codes = [...children.matchAll(/<Code(?:\/>|>([^<]*))/g)];
  return codes.length === 1 ? codes[0]?.[1] : undefined;
}
