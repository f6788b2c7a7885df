// A certificate authority for tests and `npm start`: server and client certificates. Its key is never stored. Node cannot
// create certificates, so @peculiar/asn1-x509 provides the ASN.1.

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** Object identifiers of subject attributes (RFC 4519; RFC 5280, appendix A.1). */
const ATTRIBUTES = { C: "2.5.4.6", ST: "2.5.4.8", L: "2.5.4.7", O: "2.5.4.10", OU: "2.5.4.11", CN: "2.5.4.3" } as const;

/** A distinguished name. The certificate keeps the order of its attributes. */
type Subject = Readonly<Partial<Record<keyof typeof ATTRIBUTES, string>>>;

interface CertificateRequest {
  readonly subject: Subject;
  /** The subject's key, private or public. */
  readonly key: KeyObject;
  readonly issuer: Subject;
  /** The issuer's private key; equals `key` for a self-signed certificate. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Without key identifiers, which are always added. */
  readonly extensions: readonly Extension[];
}

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/** The certificate as PEM. */
function signCertificate(request: CertificateRequest): string {
  const publicKey = publicKeyInfo(request.key);
  const issuerKey = publicKeyInfo(request.issuerKey);
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: signatureAlgorithm,
    issuer: name(request.issuer),
    validity: new Validity({ notBefore: request.notBefore, notAfter: request.notAfter }),
    subject: name(request.subject),
    subjectPublicKeyInfo: publicKey,
    extensions: new Extensions([
      ...request.extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
      // strict clients, such as Python 3.13 and later, require it
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(issuerKey)) }),
      ),
    ]),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), request.issuerKey);
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue: arrayBuffer(signature) });
  return pem(Buffer.from(AsnConvert.serialize(certificate)));
}

/** An extension with `value`, an instance of an ASN.1 class of @peculiar/asn1-x509. */
function extension(id: string, value: object, critical = false): Extension {
  return new Extension({ extnID: id, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return AsnConvert.parse(publicKey.export({ format: "der", type: "spki" }), SubjectPublicKeyInfo);
}

/** SHA-1 of the public key (RFC 5280, section 4.2.1.2, method 1). */
function keyIdentifier(info: SubjectPublicKeyInfo): ArrayBuffer {
  return arrayBuffer(createHash("sha1").update(Buffer.from(info.subjectPublicKey)).digest());
}

/** 16 random bytes, positive and without a leading zero (RFC 5280, section 4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return arrayBuffer(bytes);
}

function name(subject: Subject): Name {
  return new Name(
    Object.entries(subject).map(([attribute, value]) => {
      const type = ATTRIBUTES[attribute as keyof Subject];
      // a country is a PrintableString (RFC 5280, appendix A.1)
      const text = new AttributeValue(attribute === "C" ? { printableString: value } : { utf8String: value });
      return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: text })]);
    }),
  );
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** A certificate and its private key, both PEM, named as `node:tls` names them. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's certificate, PEM: the `ca` of a client, the truststore of a gateway. */
  readonly ca: string;
  /** A server certificate for `localhost` and 127.0.0.1, or for other DNS names. */
  server(...dnsNames: readonly string[]): Credential;
  /** A client certificate; for example `client({ CN: "kube-apiserver", O: "Example" })`. */
  client(subject: Subject): Credential;
}

interface CertificateAuthorityOptions {
  readonly subject?: Subject;
  /** How long its certificates are valid; default 30. */
  readonly days?: number;
  readonly now?: () => number;
}

const DAY = 24 * 60 * 60 * 1000;

const SERVER: Subject = { CN: "localhost" };

/** Creates an authority. Its certificates are valid from one day ago. */
export function createCertificateAuthority(options: CertificateAuthorityOptions = {}): CertificateAuthority {
  const { subject: issuer = { CN: "Local test CA" }, days = 30, now = Date.now } = options;
  const issuerKey = newKey();

  function certify(subject: Subject, key: KeyObject, extensions: readonly Extension[]): string {
    const time = now();
    const notBefore = new Date(time - DAY);
    const notAfter = new Date(time + days * DAY);
    return signCertificate({ subject, key, issuer, issuerKey, notBefore, notAfter, extensions });
  }

  function credential(subject: Subject, extensions: readonly Extension[]): Credential {
    const key = newKey();
    return { cert: certify(subject, key, extensions), key: key.export({ format: "pem", type: "pkcs8" }).toString() };
  }

  return {
    ca: certify(issuer, issuerKey, [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
    ]),
    server(...dnsNames) {
      const names =
        dnsNames.length > 0
          ? dnsNames.map((dNSName) => new GeneralName({ dNSName }))
          : [new GeneralName({ dNSName: "localhost" }), new GeneralName({ iPAddress: "127.0.0.1" })];
      const alternativeNames = extension(id_ce_subjectAltName, new SubjectAlternativeName(names));
      return credential(SERVER, [...leaf(id_kp_serverAuth), alternativeNames]);
    },
    client: (subject) => credential(subject, leaf(id_kp_clientAuth)),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** The extensions of every server and client certificate. */
function leaf(purpose: string): Extension[] {
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([purpose])),
  ];
}
