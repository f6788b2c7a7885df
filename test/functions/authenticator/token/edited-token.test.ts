// Properties of parseToken under random edits: the sent request is what the token means, and denials leak nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isDenial } from "../../../../functions/errors.ts";
import { tokenOf, urlOf } from "../../../token.ts";
import { edited, respelled } from "./edits.ts";
import { mintEachKind } from "./minted.ts";
import { meaningOf } from "./oracle.ts";
import { parse, parsed } from "./samples.ts";

const RUNS = { numRuns: 10_000 };
const originals = await mintEachKind();

test("each kind of unchanged token is accepted, and sent as it was signed", () => {
  for (const token of originals) {
    const url = urlOf(token);
    const { host, target } = parse(token);
    assert.equal(`https://${host}${target}`, url);
  }
});

test("another spelling of the same request is accepted, and sent in canonical form", () => {
  fc.assert(
    fc.property(respelled(originals), ({ original, text }) => {
      const { host, target, accessKeyId, expiresAt } = parse(text);
      assert.deepEqual({ host, target, accessKeyId, expiresAt }, parse(original));
      assert.deepEqual({ host, target }, meaningOf(text));
    }),
    RUNS,
  );
});

test("an edited token is refused, or sent byte for byte in canonical form", () => {
  let accepted = 0;
  fc.assert(
    fc.property(edited(originals), ({ text }) => {
      const token = parsed(text);
      if (isDenial(token)) return;
      accepted += 1;
      const { host, target } = token;
      assert.deepEqual({ host, target }, meaningOf(text));
      assert.match(target, /^\/\?[A-Za-z0-9._~%=&-]+$/);
      assert.deepEqual(parse(tokenOf(`https://${host}${target}`)), token);
    }),
    RUNS,
  );
  // Otherwise the test proves nothing
  assert.ok(accepted > RUNS.numRuns / 5, `only ${accepted} were accepted`);
  assert.ok(accepted < (RUNS.numRuns * 4) / 5, `${accepted} were accepted`);
});

test("the message of a denial never contains the signature, the security token or 40 characters of the token", () => {
  fc.assert(
    fc.property(edited(originals), ({ original, text }) => {
      const error = parsed(text);
      if (!isDenial(error)) return;
      assert.doesNotMatch(error.message, /[\r\n]/);
      for (const secret of [...secretsOf(original), ...secretsOf(text)]) {
        assert.ok(!error.message.includes(secret), error.message);
      }
      for (let at = 0; at + 40 <= error.message.length; at += 1) {
        assert.ok(!text.includes(error.message.slice(at, at + 40)), error.message);
      }
    }),
    RUNS,
  );
});

/** The values of the signature and the security token, encoded as in the URL and decoded. */
function secretsOf(token: string): string[] {
  const url = urlOf(token);
  return [...url.matchAll(/(?:signature|security-token)=([^&]{16,})/gi)].flatMap(([, value = ""]) => {
    return [value, value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))];
  });
}
