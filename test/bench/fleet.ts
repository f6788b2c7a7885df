// Measures `mappings deny` in many clusters whose stores are far away, also while a store is silent
// and one refuses. `npm run bench -- fleet [clusters] [Regions] [accounts] [who]`; default 200
// clusters in 25 Regions of one account. BENCH_COMMAND: the file of another build, to compare.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ServiceError, startHttpServer } from "../../local/aws/http-server.ts";
import {
  memoryParameters,
  type ParameterStorage,
  writeParameter,
} from "../../local/aws/parameter-store/parameter.ts";
import { answerSsm, limitThroughput } from "../../local/aws/parameter-store/parameter-store.ts";
import { refuse, throttled } from "../../local/aws/protocols.ts";
import { useFolder } from "../cli/fixtures.ts";
import { startSts } from "../local-aws.ts";
import { markdown } from "./measure.ts";

const COMMAND =
  process.env["BENCH_COMMAND"] ??
  join(import.meta.dirname, "..", "..", "dist", "cli", "iam-authenticator.mjs");
/** From a request to its response. */
const AWAY_MS = 20;
const [clusters = 200, regions = 25, accounts = 1] = process.argv.slice(3, 6).map(Number);
const who = process.argv[6] ?? "jane";
/** A second. One more write than the command's default, whose clock and the store's differ. */
const QUOTA = { reads: 40, writes: 4 };

const account = (index: number) => String(111122223333 + (index % accounts));
const region = (index: number) => `${REGIONS[((index / accounts) % REGIONS.length) | 0]}`;
const REGIONS = ["us", "eu", "ap", "sa", "ca"]
  .flatMap((place) =>
    ["east", "west", "north", "south", "central"].map((side) => `${place}-${side}-1`),
  )
  .slice(0, regions);

interface Store {
  readonly storage: ParameterStorage;
  readonly admit: ReturnType<typeof limitThroughput>;
  readonly location: {
    readonly partition: string;
    readonly region: string;
    readonly account: string;
  };
}

const admits = new Map<string, Store["admit"]>();
let stores = newStores();
const faults = new Map<string, "silent" | "refused">();
let [last, throttles] = [0, 0];
const nameIn = (body: Buffer) => /\/iam-authenticator\/(c\d+)/.exec(String(body))?.[1] ?? "";

const ssm = await startHttpServer(async (request) => {
  await setTimeout(AWAY_MS);
  const name = nameIn(request.body);
  const store = stores.get(name);
  if (store === undefined)
    return refuse(new ServiceError("ValidationException", "no such cluster"));
  if (faults.get(name) === "refused")
    return refuse(new ServiceError("AccessDeniedException", `not for ${name}`));
  return answerSsm(
    request,
    () => store.storage,
    store.location,
    (operation) => {
      try {
        store.admit(operation);
      } catch {
        throttles += 1;
        throw throttled();
      }
      if (operation === "PutParameter") last = performance.now();
    },
  );
});
ssm.fail(({ body }) => (faults.get(nameIn(body)) === "silent" ? { kind: "silent" } : undefined));
const sts = await startSts({
  identities: Array.from({ length: accounts }, (_, index) => ({
    ...{
      name: `a${index}`,
      account: account(index),
      userId: `AIDALOCAL${index}`,
      ...keysOf(index),
    },
    arn: `arn:aws:iam::${account(index)}:user/operator`,
  })),
});
const { path: home, write, configure } = useFolder();
try {
  const contextOf = ({ location: { region, account } }: Store) => ({
    region,
    account,
    profile: `p${account}`,
  });
  const contexts = Object.fromEntries([...stores].map(([name, store]) => [name, contextOf(store)]));
  configure({ contexts });
  const profiles = Array.from({ length: accounts }, (_, index) => {
    const { accessKeyId, secretAccessKey } = keysOf(index);
    return `[profile p${account(index)}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  });
  write("config", profiles.join(""));
  const rows = [await measure("every store answers")];
  stores = newStores();
  faults.set("c3", "silent").set("c5", "refused");
  rows.push(await measure("one is silent, one refuses"));
  const head = [
    "deny",
    "last write, s",
    "end, s",
    "processor, s",
    "calls",
    "connections",
    "throttled",
    "exit",
  ];
  console.log(markdown([...head, "written"], rows));
} finally {
  await Promise.all([ssm.close(), sts.close()]);
}

function keysOf(index: number) {
  return {
    accessKeyId: `AKIALOCALOPERATOR${String(index).padStart(3, "0")}`,
    secretAccessKey: "local/only",
  };
}

function newStores(): Map<string, Store> {
  return new Map(Array.from({ length: clusters }, (_, index) => [`c${index}`, storeOf(index)]));
}

function storeOf(index: number): Store {
  const location = { partition: "aws", region: region(index), account: account(index) };
  const place = `${location.account} ${location.region}`;
  const admit = admits.get(place) ?? limitThroughput(QUOTA, Date.now);
  admits.set(place, admit);
  const storage = memoryParameters(() => Date.now() - 3_600_000);
  const put = (name: string, value: object) =>
    writeParameter(storage, location, {
      ...{ name: `/iam-authenticator/c${index}/${name}`, value: JSON.stringify(value) },
      ...{ type: "String" as const, tags: undefined, overwrite: true },
    });
  const groups = ["system:masters"];
  put("sso/111122223333/clusteradmin", { username: "admin:{SessionName}", groups });
  put("role/111122223333/admin", {
    arn: "arn:aws:iam::111122223333:role/Admin",
    username: "admin",
    groups,
  });
  const jane = "arn:aws:iam::111122223333:user/jane";
  put("user/111122223333/jane", { arn: jane, username: "jane", groups: ["developers"] });
  for (let role = 0; role < 8; role += 1) {
    const arn = `arn:aws:iam::111122223333:role/Team${role}`;
    put(`role/111122223333/team${role}`, {
      arn,
      username: `team${role}:{SessionName}`,
      groups: [`team${role}`],
    });
  }
  return { storage, admit, location };
}

async function measure(what: string): Promise<string[]> {
  const [calls, connections, before, start] = [
    ssm.requests.length,
    ssm.connections(),
    throttles,
    performance.now(),
  ];
  const env = {
    ...{ PATH: process.env["PATH"], HOME: home, AWS_CONFIG_FILE: join(home, "config") },
    ...{
      AWS_ENDPOINT_URL_SSM: ssm.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_EC2_METADATA_DISABLED: "true",
    },
  };
  const meter = `data:text/javascript,process.on("exit",()=>console.error("processor "+process.cpuUsage().user/1e6))`;
  const words = ["--import", meter, COMMAND, "mappings", "deny", who, "--all-contexts", "-y"];
  const { code, err } = await new Promise<{ code: number; err: string }>((resolve) => {
    const child = execFile(process.execPath, words, { env, maxBuffer: 1e8 }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, err: `${out}${err}` }),
    );
  });
  const end = performance.now();
  const [, processor = ""] = /^processor ([\d.]+)$/m.exec(err) ?? [];
  const isWritten = ({ storage }: Store) =>
    storage
      .names()
      .some(
        (name) => name.includes("/deny/") && storage.versions(name)?.at(-1)?.value.includes(who),
      );
  const seconds = (to: number) => ((to - start) / 1000).toFixed(1);
  const counts = [
    ssm.requests.length - calls,
    ssm.connections() - connections,
    throttles - before,
    code,
  ];
  const written = [...stores.values()].filter(isWritten).length;
  return [
    what,
    seconds(last),
    seconds(end),
    Number(processor).toFixed(1),
    ...[...counts, written].map(String),
  ];
}
