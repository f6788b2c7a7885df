// Text of somebody else in one of our sentences: a key or a value of a parameter.

const MAX_LENGTH = 60;

/** As JSON, in printable ASCII and one line, cut short where it is long. */
export function quoted(value: unknown): string {
  const json = jsonText(value);
  const text = json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}...` : json;
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON.parse takes any depth; JSON.stringify overflows the stack. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "a value that is nested too deeply";
  }
}
