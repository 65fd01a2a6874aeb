import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { reasonPolicyAsWritten, type ReasonPolicy } from './domain/access/reason-policy.js';
import { WebhookSecretRefused, WebhookSecrets } from './audit-stream/webhook-secrets.js';
import type { EgressSettings } from './egress/egress-settings.js';
import { loopbackAsWritten, portsAsWritten } from './egress/written-settings.js';
import { SecretValue } from './secret-store/secret-value.js';

/** How the service is set up: environment variables and nothing else, read once at the start. */
export interface Config {
  /** Whether NODE_ENV is `production`: nothing is then made up, a root key least of all. */
  readonly production: boolean;
  readonly http: HttpConfig;
  readonly eventStore: EventStoreConfig;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Which accounts were erased. Absolute. */
  readonly erasuresFile: string;
  readonly rootKeys: { readonly keys: string | undefined; readonly keysFile: string | undefined };
  readonly logLevel: LogLevel;
  readonly egress: Required<EgressSettings>;
  /** Whether Thunderbird's database may be asked for a domain's settings. */
  readonly discovery: { readonly asksThunderbird: boolean };
  /** How many connection tests and test messages one caller may ask for in a minute. */
  readonly connectionTestsPerMinute: number;
  /** The key that checkpoints of the audit trail are signed with; undefined: one in the data directory. */
  readonly auditSigningKeyFile: string | undefined;
  /** Where they are written to as well; `-` is standard output. */
  readonly auditCheckpointFile: string | undefined;
  /** Deleted accounts are erased after so many days; null: never. */
  readonly retention: { readonly deletedAccountDays: number | null };
  /** The mutations that are refused without a reason. */
  readonly reasonRequiredFor: ReasonPolicy;
  /** Under which address browsers reach the service, without a slash at its end; null where nobody said so: this machine's own. */
  readonly publicUrl: string | null;
  /** Where the audit trail is streamed to; null: nowhere. */
  readonly auditWebhook: AuditWebhookConfig | null;
}

export interface AuditWebhookConfig {
  /** May hold a secret in its path or query: it is never logged nor repeated in a message. */
  readonly url: string;
  /** What requests are signed with, as it was written; in `secretFile` otherwise. */
  readonly secret: SecretValue | null;
  readonly secretFile: string | null;
  /** Where a stream begins that has sent nothing yet. */
  readonly from: 'beginning' | 'now';
}

/** The file that checkpoints are added to as well; none where nobody named one, or standard output. */
export function outsidePath({ auditCheckpointFile }: Pick<Config, 'auditCheckpointFile'>): readonly string[] {
  return auditCheckpointFile === undefined || auditCheckpointFile === '-' ? [] : [auditCheckpointFile];
}

/** `connectionString` may hold a password: it is never logged nor repeated in a message. */
export type EventStoreConfig = { readonly engine: 'EMBEDDED' } | { readonly engine: 'KURRENTDB'; readonly connectionString: string };

export interface HttpConfig {
  /** An IP address or `localhost`. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Proxies whose `X-Forwarded-For` is believed: IP addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly introspection: boolean;
  readonly limits: RequestLimits;
}

/** What one request may ask for; on WebSockets each operation. */
export interface RequestLimits {
  readonly bodyBytes: number;
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** In objects; the schema says what each field costs. */
  readonly cost: number;
  readonly operationSeconds: number;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The environment does not make a configuration. One problem a line, each saying what to do; none repeats a value that could be a secret. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly default: string | null;
  readonly meaning: string;
}

/** Every variable there is. An empty value counts as none. */
export const variables = {
  POSTLEDGER_HOST: { default: '127.0.0.1', meaning: 'IP address to listen on, or localhost. One that other machines can reach needs root keys of its own.' },
  POSTLEDGER_PORT: { default: '4000', meaning: 'TCP port to listen on; 0 takes a free one.' },
  POSTLEDGER_DATA_DIR: { default: './data', meaning: 'Where the databases are. Made with mode 0700 if it is not there.' },
  POSTLEDGER_ERASURES_FILE: {
    default: null,
    meaning:
      'The record of which accounts were erased. Keep it outside of what is backed up and restored: by it a restored backup is erased again. Unset: `erasures` in the data directory.',
  },
  POSTLEDGER_EVENT_STORE: {
    default: 'embedded',
    meaning:
      'Where the log is kept. `embedded`: in the data directory; `kurrentdb://…` or `esdb://…`: the connection string of a KurrentDB or EventStoreDB server or cluster.',
  },
  POSTLEDGER_ROOT_KEYS: {
    default: null,
    meaning: 'What the stored passwords are encrypted under: `<id>:<base64 of 32 bytes>`, the key in use first, separated by commas.',
  },
  POSTLEDGER_ROOT_KEYS_FILE: { default: null, meaning: 'A file of mode 0600 with the same text, in place of POSTLEDGER_ROOT_KEYS.' },
  POSTLEDGER_OPS_PASSWORD: {
    default: null,
    meaning: 'The password of `--user` in `postledger store grant` and `postledger erasures pending`. The service needs none: leave it out there.',
  },
  POSTLEDGER_PUBLIC_URL: {
    default: null,
    meaning:
      'Under which address browsers reach the service, e.g. `https://mail.example.com`: OAuth 2.0 providers send people back to `/oauth/callback` below it. Unset: `http://127.0.0.1:<port>`, for a browser on this machine.',
  },
  POSTLEDGER_LOG_LEVEL: { default: 'info', meaning: `What is logged: ${logLevels.join(', ')}.` },
  POSTLEDGER_EGRESS_ALLOW_LOOPBACK: {
    default: 'false',
    meaning:
      'Whether the service may connect to this machine: `true` for development and tests, `false`, or the servers on it that it may connect to, separated by commas: `127.0.0.1:1025,[::1]:2525`.',
  },
  POSTLEDGER_EGRESS_ALLOW_PRIVATE: {
    default: 'true',
    meaning: "Whether it may connect to private networks (RFC 1918, RFC 4193), where mail servers of one's own are.",
  },
  POSTLEDGER_EGRESS_PORTS: {
    default: 'all',
    meaning: 'The ports that it may connect to: `all`, or ports and ranges, separated by commas: `25,110,143,443,465,587,993,995,2525`.',
  },
  POSTLEDGER_TRUSTED_PROXIES: {
    default: '',
    meaning: "Reverse proxies whose X-Forwarded-For names the caller's address in the audit trail: IP addresses and ranges, separated by commas.",
  },
  POSTLEDGER_INTROSPECTION: { default: 'true', meaning: 'Whether callers may introspect the schema. The IDE and code generators need it.' },
  POSTLEDGER_COST_LIMIT: { default: '1000', meaning: 'How many objects one request may ask for.' },
  POSTLEDGER_OPERATION_SECONDS: { default: '30', meaning: 'How long one query or mutation may take, in seconds.' },
  POSTLEDGER_DISCOVERY_THUNDERBIRD: {
    default: 'true',
    meaning:
      "Whether the search for settings may ask Thunderbird's database, autoconfig.thunderbird.net. It is told the domain of an address, and nothing else.",
  },
  POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: {
    default: '30',
    meaning: 'How many connection tests, looks at certificates, test messages and searches for settings one caller may ask for in a minute.',
  },
  POSTLEDGER_AUDIT_SIGNING_KEY_FILE: {
    default: null,
    meaning:
      'A file of mode 0600 with the key that checkpoints of the audit trail are signed with, as `postledger audit key --new` makes it: the same for all nodes. Unset: `audit-signing-key` in the data directory, made at the first start.',
  },
  POSTLEDGER_AUDIT_CHECKPOINT_FILE: {
    default: null,
    meaning:
      'A file that each checkpoint is added to as well, a line each, out of reach of whoever can change the data directory; `-` is standard output. The log of the service has each at level info. Of several nodes each needs its own.',
  },
  POSTLEDGER_RETENTION_DELETED_ACCOUNT_DAYS: {
    default: 'never',
    meaning:
      'After how many days a deleted account is erased for good: `never`, or a number from 1 to 36500. `postledger retention apply --dry-run` names those that would be.',
  },
  POSTLEDGER_REASON_REQUIRED_FOR: {
    default: 'none',
    meaning:
      'Which mutations are refused without a `reason` of at least 10 letters or digits: `none`, `all`, or names separated by commas: `deleteEmailAccount,changeSenderPassword`. Holds on the command line as well.',
  },
  POSTLEDGER_AUDIT_WEBHOOK_URL: {
    default: null,
    meaning:
      'Where every entry of the audit trail is sent to, signed as Standard Webhooks has it: an address with https, or one with http on this machine. The rules of egress hold for it too. Unset: nowhere. Of several nodes one should have it.',
  },
  POSTLEDGER_AUDIT_WEBHOOK_SECRET: {
    default: null,
    meaning: 'What these requests are signed with: `whsec_<base64 of 24 to 64 bytes>`; while it is replaced the old one too, separated by a comma.',
  },
  POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE: { default: null, meaning: 'A file of mode 0600 with the same text, in place of POSTLEDGER_AUDIT_WEBHOOK_SECRET.' },
  POSTLEDGER_AUDIT_WEBHOOK_FROM: {
    default: 'beginning',
    meaning: 'Where a stream begins that has sent nothing yet: `beginning`, with the first entry there is, or `now`.',
  },
} satisfies Readonly<Record<string, Variable>>;

type VariableName = keyof typeof variables;

/** @throws {ConfigRefused} with every problem at once. */
export function readConfig(environment: Environment): Config {
  const reading = new Reading(environment);
  reading.refuseUnknown();
  const eventStore = reading.text('POSTLEDGER_EVENT_STORE', (text) =>
    text === 'embedded' || isConnectionString(text) ? null : 'it takes embedded, or a connection string like kurrentdb://user:password@host:2113?tls=true.',
  );
  const config: Config = {
    production: environment['NODE_ENV'] === 'production',
    http: {
      host: reading.text('POSTLEDGER_HOST', (text) => (isIP(text) !== 0 || text === 'localhost' ? null : 'it takes an IP address, or localhost.')),
      port: reading.wholeNumber('POSTLEDGER_PORT', 0, 65_535),
      trustedProxies: reading.list('POSTLEDGER_TRUSTED_PROXIES', isAddressOrRange, 'IP addresses or ranges like 10.0.0.0/8'),
      introspection: reading.yesOrNo('POSTLEDGER_INTROSPECTION'),
      limits: {
        bodyBytes: 1_048_576,
        tokens: 2_000,
        depth: 12,
        aliases: 30,
        rootFields: 10,
        cost: reading.wholeNumber('POSTLEDGER_COST_LIMIT', 1, 1_000_000),
        operationSeconds: reading.wholeNumber('POSTLEDGER_OPERATION_SECONDS', 1, 600),
      },
    },
    eventStore: eventStore === 'embedded' ? { engine: 'EMBEDDED' } : { engine: 'KURRENTDB', connectionString: eventStore },
    dataDirectory: resolve(reading.text('POSTLEDGER_DATA_DIR', () => null)),
    erasuresFile: resolve(
      reading.optional('POSTLEDGER_ERASURES_FILE') ??
        join(
          reading.text('POSTLEDGER_DATA_DIR', () => null),
          'erasures',
        ),
    ),
    rootKeys: { keys: reading.optional('POSTLEDGER_ROOT_KEYS'), keysFile: reading.optional('POSTLEDGER_ROOT_KEYS_FILE') },
    logLevel: reading.oneOf('POSTLEDGER_LOG_LEVEL', logLevels),
    egress: readEgress(reading),
    discovery: { asksThunderbird: reading.yesOrNo('POSTLEDGER_DISCOVERY_THUNDERBIRD') },
    publicUrl: reading.optionalText('POSTLEDGER_PUBLIC_URL', problemOfPublicUrl)?.replace(/\/+$/, '') ?? null,
    auditSigningKeyFile: reading.optional('POSTLEDGER_AUDIT_SIGNING_KEY_FILE'),
    auditCheckpointFile: reading.optional('POSTLEDGER_AUDIT_CHECKPOINT_FILE'),
    retention: { deletedAccountDays: readRetentionDays(reading) },
    reasonRequiredFor: readReasonPolicy(reading),
    auditWebhook: readAuditWebhook(reading),
    connectionTestsPerMinute: reading.wholeNumber('POSTLEDGER_CONNECTION_TESTS_PER_MINUTE', 1, 10_000),
  };
  reading.refuseIfAny();
  return config;
}

function readRetentionDays(reading: Reading): number | null {
  const text = reading.text('POSTLEDGER_RETENTION_DELETED_ACCOUNT_DAYS', (given) =>
    given === 'never' || (/^[1-9]\d{0,4}$/.test(given) && Number(given) <= 36_500) ? null : 'it takes never, or a number of days from 1 to 36500.',
  );
  return text === 'never' ? null : Number(text);
}

function readReasonPolicy(reading: Reading): ReasonPolicy {
  const text = reading.text('POSTLEDGER_REASON_REQUIRED_FOR', (given) =>
    reasonPolicyAsWritten(given) === null
      ? 'it takes none, all, or names of mutations that have a reason, like deleteEmailAccount and changeSenderPassword, separated by commas.'
      : null,
  );
  return reasonPolicyAsWritten(text) ?? new Set();
}

function readAuditWebhook(reading: Reading): AuditWebhookConfig | null {
  const url = reading.optionalText('POSTLEDGER_AUDIT_WEBHOOK_URL', problemOfWebhookUrl) ?? null;
  const secret = reading.optionalText('POSTLEDGER_AUDIT_WEBHOOK_SECRET', problemOfWebhookSecret) ?? null;
  const secretFile = reading.optional('POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE') ?? null;
  const from = reading.oneOf('POSTLEDGER_AUDIT_WEBHOOK_FROM', ['beginning', 'now']);
  if (secret !== null && secretFile !== null)
    reading.problem('POSTLEDGER_AUDIT_WEBHOOK_SECRET', 'POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE is set as well. Set one of the two.');
  if (url === null) return null;
  if (secret === null && secretFile === null)
    reading.problem(
      'POSTLEDGER_AUDIT_WEBHOOK_URL',
      'requests to it have to be signed: set POSTLEDGER_AUDIT_WEBHOOK_SECRET or POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE.',
    );
  return { url, secret: secret === null ? null : new SecretValue(secret), secretFile, from };
}

function readEgress(reading: Reading): Required<EgressSettings> {
  const loopback = reading.text('POSTLEDGER_EGRESS_ALLOW_LOOPBACK', (text) =>
    loopbackAsWritten(text) === null ? 'it takes true, false, or servers on this machine like 127.0.0.1:1025 and [::1]:2525, separated by commas.' : null,
  );
  const ports = reading.text('POSTLEDGER_EGRESS_PORTS', (text) =>
    portsAsWritten(text) === undefined ? 'it takes all, or ports and ranges like 587 and 8000-8100, separated by commas.' : null,
  );
  return {
    allowLoopback: false,
    allowedLoopback: [],
    ...loopbackAsWritten(loopback),
    allowPrivate: reading.yesOrNo('POSTLEDGER_EGRESS_ALLOW_PRIVATE'),
    ports: portsAsWritten(ports) ?? null,
  };
}

/** Whether only this machine can reach an address: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

class Reading {
  readonly #problems: string[] = [];

  constructor(readonly environment: Environment) {}

  refuseUnknown(): void {
    for (const name of Object.keys(this.environment).sort())
      if (name.startsWith('POSTLEDGER_') && !Object.hasOwn(variables, name))
        this.#problems.push(`${name}: there is no such setting.${nearest(name)} Correct its name, or remove it.`);
  }

  optional(name: VariableName): string | undefined {
    const text = this.environment[name]?.trim();
    return text === '' ? undefined : text;
  }

  text(name: VariableName, problem: (text: string) => string | null): string {
    const text = this.optional(name) ?? variables[name].default ?? '';
    const found = problem(text);
    if (found !== null) this.#problems.push(`${name}: ${found}`);
    return text;
  }

  optionalText(name: VariableName, problem: (text: string) => string | null): string | undefined {
    return this.optional(name) === undefined ? undefined : this.text(name, problem);
  }

  wholeNumber(name: VariableName, minimum: number, maximum: number): number {
    return Number(
      this.text(name, (text) =>
        /^\d{1,9}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum ? null : `it takes a whole number from ${minimum} to ${maximum}.`,
      ),
    );
  }

  yesOrNo(name: VariableName): boolean {
    return this.text(name, (text) => (text === 'true' || text === 'false' ? null : 'it takes true or false.')) === 'true';
  }

  oneOf<Value extends string>(name: VariableName, values: readonly [Value, ...Value[]]): Value {
    const text = this.text(name, (given) => (values.some((value) => value === given) ? null : `it takes one of ${values.join(', ')}.`));
    return values.find((value) => value === text) ?? values[0];
  }

  list(name: VariableName, isRight: (entry: string) => boolean, what: string): readonly string[] {
    const entries = (text: string) => text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
    return entries(this.text(name, (text) => (entries(text).every(isRight) ? null : `it takes ${what}, separated by commas.`)));
  }

  /** A problem that no value has by itself. */
  problem(name: VariableName, found: string): void {
    this.#problems.push(`${name}: ${found}`);
  }

  refuseIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigRefused(this.#problems);
  }
}

function problemOfWebhookUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
  return isSafe && url.username === '' && url.password === '' && url.hash === ''
    ? null
    : 'it takes an address with https like https://siem.example.com/postledger, or one with http on this machine; no user and no fragment.';
}

function problemOfWebhookSecret(text: string): string | null {
  try {
    WebhookSecrets.parse(text, 'POSTLEDGER_AUDIT_WEBHOOK_SECRET');
    return null;
  } catch (error) {
    if (error instanceof WebhookSecretRefused) return error.message.slice(error.message.indexOf(': ') + 2);
    throw error;
  }
}

function problemOfPublicUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
  const isPlain = url?.username === '' && url.password === '' && !/[?#]/.test(text);
  return isSafe && isPlain
    ? null
    : 'it takes an address with https like https://mail.example.com, or one with http on this machine; no user, query or fragment.';
}

function isConnectionString(text: string): boolean {
  return /^(?:kurrentdb|kurrent|kdb|esdb)(?:\+discover)?:\/\/[^\s/]+/.test(text);
}

function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
}

/** A hint for a misspelt name: the one that shares its letters but for two. */
function nearest(name: string): string {
  const found = Object.keys(variables).find((known) => distance(known, name) <= 2);
  return found === undefined ? '' : ` Is ${found} meant?`;
}

/** How many letters have to be put in, taken out or changed to make one text of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++)
      current.push(
        Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1)),
      );
    previous = current;
  }
  return previous[other.length] ?? 0;
}
