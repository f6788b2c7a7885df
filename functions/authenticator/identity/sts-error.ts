// Reads the code in an error body of STS: JSON as requested, or XML if a proxy drops `accept`.

import { isObject, parseJson } from "../../lib/json.ts";

/** `undefined` unless there is exactly one code, at its documented place. Other text is never searched. */
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

/** Accepts only elements with text: no attributes, children, comments or CDATA, and no space between elements. */
const ERROR_RESPONSE =
  /^(?:<\?xml [\w "=.-]*\?>)?<ErrorResponse(?: xmlns="[^"<>]*")?><Error>((?:<(\w{1,64})(?:\/>|>[^<]*<\/\2>))*)<\/Error>(?:<RequestId>[^<]*<\/RequestId>)?<\/ErrorResponse>$/;

/** Accepts only the documented form of XML: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
function codeInXml(body: string): string | undefined {
  const [, children = ""] = ERROR_RESPONSE.exec(body.replace(/>[ \t\r\n]+(?=<|$)/g, ">")) ?? [];
  const codes = [...children.matchAll(/<Code(?:\/>|>([^<]*))/g)];
  return codes.length === 1 ? codes[0]?.[1] : undefined;
}
