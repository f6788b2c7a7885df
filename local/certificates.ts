// A certificate authority for tests and `npm start`: server and client certificates. Its key is
// never stored. Node cannot create certificates, so @peculiar/asn1-x509 provides the ASN.1.

import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

/** Object identifiers of subject attributes (RFC 4519; RFC 5280, appendix A.1). */
const ATTRIBUTES = {
  C: "2.5.4.6",
  ST: "2.5.4.8",
  L: "2.5.4.7",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  CN: "2.5.4.3",
} as const;

/** A distinguished name. The certificate keeps the order of its attributes. */
type Subject = Readonly<Partial<Record<keyof typeof ATTRIBUTES, string>>>;

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/** Returns an extension with `value`, an instance of an ASN.1 class of @peculiar/asn1-x509. */
function extension(id: string, value: object, critical = false): x509.Extension {
  return new x509.Extension({
    extnID: id,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

function publicKeyInfo(privateKey: KeyObject): x509.SubjectPublicKeyInfo {
  return AsnConvert.parse(
    createPublicKey(privateKey).export({ format: "der", type: "spki" }),
    x509.SubjectPublicKeyInfo,
  );
}

/** Returns the SHA-1 of the public key (RFC 5280, section 4.2.1.2, method 1). */
function keyIdentifier(info: x509.SubjectPublicKeyInfo): ArrayBuffer {
  return arrayBuffer(createHash("sha1").update(Buffer.from(info.subjectPublicKey)).digest());
}

/** Returns 16 random bytes, positive and without a leading zero (RFC 5280, section 4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return arrayBuffer(bytes);
}

function name(subject: Subject): x509.Name {
  return new x509.Name(
    Object.entries(subject).map(([attribute, value]) => {
      const type = ATTRIBUTES[attribute as keyof Subject];
      // A country is a PrintableString (RFC 5280, appendix A.1).
      const text = new x509.AttributeValue(
        attribute === "C" ? { printableString: value } : { utf8String: value },
      );
      return new x509.RelativeDistinguishedName([
        new x509.AttributeTypeAndValue({ type, value: text }),
      ]);
    }),
  );
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** A certificate and its private key, both PEM, named as `node:tls` names them. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's certificate, PEM: the `ca` of a client, the truststore of a gateway. */
  readonly ca: string;
  /** Creates a server certificate for `localhost` and 127.0.0.1, or for other DNS names. */
  server(...dnsNames: readonly string[]): Credential;
  /** Creates a client certificate, for example `client({ CN: "kube-apiserver", O: "Example" })`. */
  client(subject: Subject): Credential;
}

interface CertificateAuthorityOptions {
  readonly subject?: Subject;
  /** How long its certificates are valid; default 30. */
  readonly days?: number;
  readonly now?: () => number;
}

const DAY = 24 * 60 * 60 * 1000;

/** Creates an authority. Its certificates are valid from one day ago. */
export function createCertificateAuthority(
  options: CertificateAuthorityOptions = {},
): CertificateAuthority {
  const { subject: issuer = { CN: "Local test CA" }, days = 30, now = Date.now } = options;
  const issuerKey = newKey();
  const authorityKey = new x509.KeyIdentifier(keyIdentifier(publicKeyInfo(issuerKey)));

  /** Returns a certificate as PEM, with key identifiers and `extensions`. */
  function certify(
    subject: Subject,
    key: KeyObject,
    extensions: readonly x509.Extension[],
  ): string {
    const time = now();
    const publicKey = publicKeyInfo(key);
    const signatureAlgorithm = new x509.AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
    const tbsCertificate = new x509.TBSCertificate({
      version: x509.Version.v3,
      serialNumber: serialNumber(),
      signature: signatureAlgorithm,
      issuer: name(issuer),
      validity: new x509.Validity({
        notBefore: new Date(time - DAY),
        notAfter: new Date(time + days * DAY),
      }),
      subject: name(subject),
      subjectPublicKeyInfo: publicKey,
      extensions: new x509.Extensions([
        ...extensions,
        extension(
          x509.id_ce_subjectKeyIdentifier,
          new x509.SubjectKeyIdentifier(keyIdentifier(publicKey)),
        ),
        // Strict clients, such as Python 3.13 and later, require it.
        extension(
          x509.id_ce_authorityKeyIdentifier,
          new x509.AuthorityKeyIdentifier({ keyIdentifier: authorityKey }),
        ),
      ]),
    });
    const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), issuerKey);
    const certificate = new x509.Certificate({
      tbsCertificate,
      signatureAlgorithm,
      signatureValue: arrayBuffer(signature),
    });
    return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
  }

  function credential(subject: Subject, extensions: readonly x509.Extension[]): Credential {
    const key = newKey();
    return {
      cert: certify(subject, key, extensions),
      key: key.export({ format: "pem", type: "pkcs8" }).toString(),
    };
  }

  return {
    ca: certify(issuer, issuerKey, [
      extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: true }), true),
      extension(
        x509.id_ce_keyUsage,
        new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
        true,
      ),
    ]),
    server(...dnsNames) {
      const names =
        dnsNames.length > 0
          ? dnsNames.map((dNSName) => new x509.GeneralName({ dNSName }))
          : [
              new x509.GeneralName({ dNSName: "localhost" }),
              new x509.GeneralName({ iPAddress: "127.0.0.1" }),
            ];
      const alternativeNames = extension(
        x509.id_ce_subjectAltName,
        new x509.SubjectAlternativeName(names),
      );
      return credential({ CN: "localhost" }, [...leaf(x509.id_kp_serverAuth), alternativeNames]);
    },
    client: (subject) => credential(subject, leaf(x509.id_kp_clientAuth)),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** Returns the extensions of every server and client certificate. */
function leaf(purpose: string): x509.Extension[] {
  return [
    extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: false }), true),
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), true),
    extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([purpose])),
  ];
}
