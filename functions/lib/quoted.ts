// Quotes an untrusted key or value in a message.

const MAX_LENGTH = 60;

/** JSON in one line of printable ASCII, truncated if it is long. */
export function quoted(value: unknown): string {
  const json = jsonText(value);
  const text = json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}...` : json;
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON.parse accepts any depth, but JSON.stringify overflows the stack. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "a value that is nested too deeply";
  }
}
