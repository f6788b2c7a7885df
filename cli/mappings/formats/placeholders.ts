// Placeholders as aws-iam-authenticator writes them, `{{SessionName}}`, and as Parameter Store accepts them.

import { templateProblem } from "../../../functions/authenticator/mapping/template.ts";

/** `undefined` for braces that are plain text there, and would be an error here. */
export function translateIn(text: string): string | undefined {
  const literal = text.replace(/\{\{\w+\}\}/g, "");
  if (/[{}]/.test(literal)) return undefined;
  const translated = text.replace(/\{\{(\w+)\}\}/g, "{$1}");
  return templateProblem(translated) === undefined ? translated : undefined;
}

export function translateOut(text: string): string {
  return text.replace(/\{(\w+)\}/g, "{{$1}}");
}
