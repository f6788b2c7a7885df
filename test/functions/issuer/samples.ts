// Keys that kube-apiserver can sign with, generated once per test file.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { issuerKeyOf } from "../../../functions/issuer/key.ts";

export function rsa(modulusLength = 2048, publicExponent = 65537) {
  return sample(
    `RSA ${modulusLength}`,
    generateKeyPairSync("rsa", { modulusLength, publicExponent }),
  );
}

export const ec = (namedCurve: string) =>
  sample(namedCurve, generateKeyPairSync("ec", { namedCurve }));

function sample(name: string, pair: { publicKey: KeyObject; privateKey: KeyObject }) {
  const jwk = issuerKeyOf(pair.publicKey);
  if (jwk === undefined) throw new Error(`no key of an issuer: ${name}`);
  return { name, ...pair, jwk };
}

export const SAMPLES = [rsa(), ec("P-256"), ec("P-384"), ec("P-521")];
