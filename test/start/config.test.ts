import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigRefused, isLoopback, readConfig, variables } from '../../src/config.js';
import { readText } from '../project/repository.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigRefused) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('is complete without any variable: this machine alone, port 4000, ./data', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      production: false,
      logLevel: 'info',
      http: { host: '127.0.0.1', port: 4000, introspection: true },
      egress: { allowLoopback: false, allowedLoopback: [], allowPrivate: true, ports: null },
      discovery: { asksThunderbird: true },
    });
    expect(isAbsolute(config.dataDirectory)).toBe(true);
    expect(config.dataDirectory.endsWith('/data')).toBe(true);
    expect(config.http.limits).toEqual({ bodyBytes: 1_048_576, tokens: 2_000, depth: 12, aliases: 30, rootFields: 10, cost: 1_000, operationSeconds: 30 });
  });

  it('takes what each variable says', () => {
    const config = readConfig({
      NODE_ENV: 'production',
      POSTLEDGER_HOST: '::1',
      POSTLEDGER_PORT: '0',
      POSTLEDGER_DATA_DIR: '/var/lib/postledger',
      POSTLEDGER_EVENT_STORE: 'embedded',
      POSTLEDGER_ROOT_KEYS_FILE: '/run/secrets/keys',
      POSTLEDGER_LOG_LEVEL: 'debug',
      POSTLEDGER_EGRESS_ALLOW_LOOPBACK: 'true',
      POSTLEDGER_EGRESS_ALLOW_PRIVATE: 'false',
      POSTLEDGER_EGRESS_PORTS: '587, 8000-8100',
      POSTLEDGER_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1 ,2001:db8::/32',
      POSTLEDGER_INTROSPECTION: 'false',
      POSTLEDGER_COST_LIMIT: '500',
      POSTLEDGER_OPERATION_SECONDS: '5',
      POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '3',
    });
    expect(config).toMatchObject({
      production: true,
      dataDirectory: '/var/lib/postledger',
      rootKeys: { keys: undefined, keysFile: '/run/secrets/keys' },
      logLevel: 'debug',
      egress: {
        allowLoopback: true,
        allowPrivate: false,
        ports: [
          { first: 587, last: 587 },
          { first: 8000, last: 8100 },
        ],
      },
      discovery: { asksThunderbird: true },
      connectionTestsPerMinute: 3,
      http: {
        host: '::1',
        port: 0,
        introspection: false,
        trustedProxies: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
        limits: { cost: 500, operationSeconds: 5 },
      },
    });
  });

  it('takes servers on this machine in place of all of it', () => {
    expect(readConfig({ POSTLEDGER_EGRESS_ALLOW_LOOPBACK: '127.0.0.1:1025, [::1]:2525,localhost:143' }).egress).toMatchObject({
      allowLoopback: false,
      allowedLoopback: [
        { address: '127.0.0.1', port: 1025 },
        { address: '::1', port: 2525 },
        { address: '127.0.0.1', port: 143 },
        { address: '::1', port: 143 },
      ],
    });
  });

  it('takes an empty value for none', () => expect(readConfig({ POSTLEDGER_ROOT_KEYS: '', POSTLEDGER_PORT: ' ' })).toEqual(readConfig({})));

  it('is refused with every problem at once, a line each, with what to do', () => {
    const problems = problemsOf({ POSTLEDGER_PORT: '70000', POSTLEDGER_LOG_LEVEL: 'loud', POSTLEDGER_HOTS: '::1', POSTLEDGER_INTROSPECTION: 'no' });
    expect(problems).toHaveLength(4);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^POSTLEDGER_HOTS: there is no such setting\. Is POSTLEDGER_HOST meant\?/),
        expect.stringMatching(/^POSTLEDGER_PORT: it takes a whole number from 0 to 65535/),
        expect.stringMatching(/^POSTLEDGER_LOG_LEVEL: it takes one of fatal/),
        expect.stringMatching(/^POSTLEDGER_INTROSPECTION: it takes true or false/),
      ]),
    );
  });

  it.each([
    ['POSTLEDGER_HOST', 'example.com'],
    ['POSTLEDGER_EVENT_STORE', 'postgres://db:5432'],
    ['POSTLEDGER_TRUSTED_PROXIES', '10.0.0.0/40'],
    ['POSTLEDGER_TRUSTED_PROXIES', 'proxy'],
    ['POSTLEDGER_COST_LIMIT', '1e3'],
    ['POSTLEDGER_PORT', '-1'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', 'yes'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '127.0.0.1'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '127.0.0.1:0'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '127.0.0.1:25,'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '127.1:25'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '::1:25'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '[127.0.0.1]:25x'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '169.254.169.254:80'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', '10.0.0.1:25'],
    ['POSTLEDGER_EGRESS_ALLOW_LOOPBACK', 'mail.example.com:25'],
    ['POSTLEDGER_EGRESS_ALLOW_PRIVATE', '10.0.0.0/8'],
    ['POSTLEDGER_EGRESS_PORTS', 'none'],
    ['POSTLEDGER_EGRESS_PORTS', '587;465'],
    ['POSTLEDGER_EGRESS_PORTS', '8100-8000'],
    ['POSTLEDGER_EGRESS_PORTS', '70000'],
    ['POSTLEDGER_EGRESS_PORTS', '0'],
  ])('refuses %s=%s', (name, value) => expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name}: `)]));

  it('repeats no value in a refusal', () => {
    const told = problemsOf({ POSTLEDGER_ROOT_KEY: 'k1:secretsecret', POSTLEDGER_LOG_LEVEL: 'k1:secretsecret' }).join('\n');
    expect(told).toContain('POSTLEDGER_ROOT_KEY');
    expect(told).not.toContain('secretsecret');
  });

  it('has the defaults that .env.example shows, variable by variable', () => {
    const example = readText('.env.example');
    for (const [name, { default: value }] of Object.entries(variables))
      expect(example).toMatch(new RegExp(value === null || value === '' ? `^# ${name}=$` : `^${name}=${value.replaceAll('.', '\\.')}$`, 'm'));
  });
});

describe('the README', () => {
  it('lists every variable with its default and meaning', () => {
    const rows = Object.entries(variables).map(
      ([name, { default: value, meaning }]) => `| \`${name}\` | ${value === null || value === '' ? 'none' : `\`${value}\``} | ${meaning} |`,
    );
    const readme = readText('README.md');
    for (const row of rows) expect(readme).toContain(row);
    expect(readme.match(/^\| `POSTLEDGER_/gm)).toHaveLength(rows.length);
  });
});

describe('an address', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('%s is reached by this machine alone', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '192.0.2.1', '10.0.0.1'])('%s is reached by others', (host) => expect(isLoopback(host)).toBe(false));
});
