// Malicious tokens (hosts, URLs, duplicate parameters) for tests of the sources, the bundle and the
// peer. Project Zero 2066 (loose hosts) and CVE-2022-2385, GHSA-pp3f-98qg-5g75 (duplicate
// parameters).

/** Replacements for `host`, an STS endpoint of us-west-2, by kind. None is a valid STS endpoint. */
export function hostileHosts(host: string) {
  return {
    "look-alikes": [
      ...[
        `${host}.evil.example`,
        `x${host}`,
        `evil-${host}`,
        `${host}.cn`,
        "sts.us-west-2xamazonaws.com",
      ],
      ...[
        "stsxus-west-2.amazonaws.com",
        "stsXus-west-2.amazonaws.com",
        "sts.evil.us-west-2.amazonaws.com",
      ],
      ...[
        "sts.us-west-2.amazonaws.co",
        "sts.us-west-2.amazonaws",
        "sts.us-west-2.aws",
        "sts-us-west-2.amazonaws.com",
      ],
      ...[
        "s3.us-west-2.amazonaws.com",
        "bucket.s3.us-west-2.amazonaws.com",
        "website.amazonaws.com",
        "sts",
        "*",
      ],
      ...[`${host}.s3-website-us-west-2.amazonaws.com`, "sts.execute-api.us-west-2.amazonaws.com"],
      ...[
        "sts.us-west-2.elb.amazonaws.com",
        "sts.amazon.com",
        "sts.aws.amazon.com",
        "sts.amazonaws.com.example.com",
      ],
      ...[
        "sts.us-west-2.api.aws.evil.example",
        "xsts.amazonaws.com",
        "sts..amazonaws.com",
        "sts.example.com",
      ],
      ...[
        "sts_fips.us-west-2.amazonaws.com",
        "sts-fips.amazonaws.com",
        "us-west-2.sts.amazonaws.com",
      ],
      ...["vpce-0123-abc.sts.us-west-2.vpce.amazonaws.com"],
    ],
    userinfo: [
      ...[
        `evil.example@${host}`,
        `${host}@evil.example`,
        `${host}:x@evil.example`,
        `evil.example:443@${host}`,
      ],
      ...[
        `@${host}`,
        `user@${host}`,
        `user:secret@${host}`,
        `${host}\\@evil.example`,
        `evil.example\\.${host}`,
      ],
    ],
    ports: [`${host}:443`, `${host}:80`, `${host}:8443`, `${host}:`, `${host}:0443`],
    "dots and cases": [
      ...[
        `${host}.`,
        `.${host}`,
        `${host}..`,
        host.toUpperCase(),
        host.replace("s", "S"),
        host.replace("sts", "STS"),
      ],
    ],
    "white space, control characters and escapes": [
      ...[
        ` ${host}`,
        `${host} `,
        `\t${host}`,
        `${host}\t`,
        `${host}\r\nHost: evil.example`,
        `${host}\0`,
        `${host},x`,
      ],
      ...[
        `${host}%00`,
        `${host}%2F`,
        `${host}%0d%0a`,
        `${host}%2eevil.example`,
        host.replaceAll(".", "%2E"),
      ],
      ...[host.replace("s", "%73"), "sts%2eamazonaws.com", "sts.amazonaws.com\t"],
    ],
    "other scripts": [
      ...[
        host.replaceAll(".", "。"),
        host.replaceAll(".", "．"),
        host.replaceAll(".", "｡"),
        host.replace("s", "ｓ"),
      ],
      ...[
        host.replace("a", "а"),
        host.replace("s", "ſ"),
        host.replace("t", "t\u00ad"),
        host.replace("o", "º"),
      ],
      ...[host.replace("amazonaws", "xn--mazonaws-3fg"), "ⓢts.com"],
    ],
    "addresses of this network": [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "169.254.169.254",
      "2130706433",
      "0x7f.1",
      "",
    ],
    "unlisted regions": ["not-a-region", "us-west-9", "us-gov-west-1"].map(
      (region) => `sts.${region}.amazonaws.com`,
    ),
  } as const satisfies Readonly<Record<string, readonly string[]>>;
}

/**
 * Replaces the host of `url`. Non-ASCII characters become UTF-8 bytes, as a client would send them.
 */
export function withHost(url: string, host: string, other: string): string {
  return Buffer.from(url.replace(host, () => other)).toString("latin1");
}

type Edits = Readonly<Record<string, (url: string) => string>>;

/** Edits of the URL outside the query. Each is denied. */
export const HOSTILE_URLS: Edits = {
  "another host before the path": (url) =>
    url.replace(/^https:\/\/([^/]*)/, "https://evil.example/$1"),
  "another host before the query": (url) =>
    url.replace(/^https:\/\/([^/]*)/, "https://evil.example/?$1"),
  "another host before a fragment": (url) =>
    url.replace(/^https:\/\/([^/]*)/, "https://evil.example#$1"),
  "another host before a fragment with @": (url) =>
    url.replace(/^https:\/\/([^/]*)/, "https://evil.example#@$1"),
  "another host before a query with @": (url) =>
    url.replace(/^https:\/\/([^/]*)/, "https://evil.example?@$1"),
  "a scheme without slashes": (url) => url.replace("https://", "https:evil.example//"),
  "a scheme with one slash": (url) => url.replace("https://", "https:/"),
  "a scheme with backslashes": (url) => url.replace("https://", "https:\\\\"),
  "another scheme": (url) => url.replace("https://", "http://"),
  "no scheme": (url) => url.replace("https://", "//"),
  "a scheme in capitals": (url) => url.replace("https:", "HTTPS:"),
  "no path": (url) => url.replace("/?", "?"),
  "a longer path": (url) => url.replace("/?", "//?"),
  "another path": (url) => url.replace("/?", "/latest/?"),
  "an empty fragment": (url) => `${url}#`,
  "a space before it": (url) => ` ${url}`,
};

/** Edits of the query without duplicate names. Each is denied. */
export const HOSTILE_QUERIES: Edits = {
  "a semicolon and an action after it": (url) => `${url};Action=AssumeRole`,
  "semicolons for all ampersands": (url) => url.replaceAll("&", ";"),
  "a semicolon for one ampersand": (url) => url.replace("&", ";"),
  "a semicolon at the start": (url) => url.replace("?", "?;"),
  "a semicolon inside a value": (url) => url.replace("Action=", "Action=AssumeRole;Action="),
  "a raw semicolon in SignedHeaders": (url) => url.replace("host%3B", "host;"),
  "a line end after it": (url) => `${url}\n`,
  "a header after it": (url) => `${url}\r\nHost: evil.example`,
  "an ampersand at the end": (url) => `${url}&`,
  "a broken escape": (url) => url.replace("%2F", "%2"),
  "a raw slash": (url) => url.replace("%2F", "/"),
  "an escape of an escape": (url) => url.replace("%2F", "%252F"),
};

/**
 * A value that an attacker would want one reader to see; a credential keeps its date, region and
 * service.
 */
const FORGED: Readonly<Record<string, (own: string) => string>> = {
  Action: () => "AssumeRole",
  Version: () => "2010-05-08",
  "X-Amz-Algorithm": () => "AWS4-HMAC-SHA1",
  "X-Amz-Credential": (own) => own.replace(/^[^%/]*/, "AKIALOCALALICEAAAAAA"),
  "X-Amz-Date": () => "20260102T030505Z",
  "X-Amz-Expires": () => "900",
  "X-Amz-Security-Token": () => "forged",
  "X-Amz-Signature": () => "0".repeat(64),
  "X-Amz-SignedHeaders": () => "host",
};

/**
 * Duplicates each parameter of `url`: in every spelling, with the same and another value, at four
 * positions. `spelling` is that of the second name.
 */
export function doubledParameters(url: string) {
  const [base = "", query = ""] = url.split("?");
  const pairs = query.split("&");
  return pairs.flatMap((pair, index) => {
    const [name = "", own = ""] = pair.split("=");
    const forged = FORGED[name]?.(own) ?? "forged";
    return spellings(name).flatMap((spelling) => {
      const places = [0, index, index + 1, pairs.length];
      const added = [forged, own].flatMap((value) =>
        places.map((at) => pairs.toSpliced(at, 0, `${spelling}=${value}`)),
      );
      const first = pairs.with(index, `${spelling}=${forged}`).toSpliced(index + 1, 0, pair);
      return [...added, first].map((doubled) => ({
        name,
        spelling,
        url: `${base}?${doubled.join("&")}`,
      }));
    });
  });
}

/**
 * Other spellings of a name: case, and percent-encoding of one or all letters, in both cases of hex
 * digits.
 */
function spellings(name: string): string[] {
  const hex = [...name].map((letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const swapped = name.replace(/[a-z]/gi, (c) =>
    c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  );
  return [
    ...[
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      swapped,
      hex.join(""),
      hex.join("").toUpperCase(),
    ],
    ...[
      hex[0] + name.slice(1),
      name.slice(0, -1) + hex.at(-1),
      hex[0] + name.slice(1).toUpperCase(),
    ],
  ];
}
