import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionStringRefused, describeConnection, parseConnectionString } from '../../../src/event-store/kurrentdb.js';

describe('a connection string', () => {
  it.each(['esdb', 'kurrentdb', 'kdb', 'KurrentDB'])('of the scheme %s names one node', (scheme) => {
    expect(parseConnectionString(`${scheme}://one.example.com?tls=false`)).toMatchObject({
      kind: 'single',
      tls: false,
      endpoints: [{ address: 'one.example.com', port: 2113 }],
      credentials: undefined,
    });
  });

  it('names the seeds of a cluster, with ports and IPv6 addresses of their own', () => {
    const settings = parseConnectionString('kurrentdb://user:pass@one:2114, [2001:db8::7]:2115,10.0.0.3/?tls=true');
    expect(settings.kind).toBe('seeds');
    expect(settings.endpoints).toEqual([
      { address: 'one', port: 2114 },
      { address: '[2001:db8::7]', port: 2115 },
      { address: '10.0.0.3', port: 2113 },
    ]);
  });

  it('names one name that DNS resolves', () => {
    expect(parseConnectionString('kurrentdb+discover://user:pass@cluster.example.com').kind).toBe('dns');
    expect(() => parseConnectionString('esdb+discover://user:pass@a,b')).toThrow('give one host name');
  });

  it('keeps user and password apart from what surrounds them', () => {
    const { credentials } = parseConnectionString('esdb://p%40st%3Aledger:s%2F%3F%25@host');
    expect(credentials).toEqual({ username: 'p@st:ledger', password: 's/?%' });
  });

  it('is taken with what other clients have in it, however it is spelt', () => {
    const text = 'esdb://host:1?TLS=false&nodePreference=follower&default_deadline=5&throwOnAppendFailure=false&Keep-Alive-Interval=20000&gossipTimeout=2';
    expect(parseConnectionString(text)).toMatchObject({ keepAliveInterval: 20_000, gossipTimeout: 2 });
  });

  it('reads the file of the authority', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postledger-ca-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'ca file.crt');
    await writeFile(file, 'PEM');
    const { certificateAuthority } = parseConnectionString(`esdb://u:p@h?tlsCaFile=${encodeURIComponent(file)}`);
    expect(certificateAuthority?.toString()).toBe('PEM');
    expect(() => parseConnectionString(`esdb://u:p@h?tlsCAFile=${encodeURIComponent(`${file}.not`)}`)).toThrow(
      'ca file.crt.not. Mount it, or correct the path.',
    );
  });

  it.each([
    ['postgres://host', 'Write the connection string as kurrentdb://'],
    ['kurrentdb://', 'Write the connection string as kurrentdb://'],
    ['kurrentdb://host', 'Over TLS the event store needs a user'],
    ['kurrentdb://host:99999?tls=false', 'a port from 1 to 65535'],
    ['kurrentdb://a,,b?tls=false', 'Host "" is not a host name'],
    ['kurrentdb://user@host', 'Write the login as user:password@'],
    ['kurrentdb://us%er:secret@host', 'Write the login as user:password@'],
    ['kurrentdb://user:sec:ret@host', 'Write the login as user:password@'],
    ['kurrentdb://user:secret@host?tls=perhaps', 'Option tls is true or false.'],
    ['kurrentdb://user:secret@host?gossipTimeout=0', 'Option gossiptimeout is a whole number above 0.'],
    ['kurrentdb://user:secret@host?tlsVerifyCert=false', 'tlsVerifyCert=false is not supported. Name the authority'],
    ['kurrentdb://user:secret@host?tls=true&password=secret', 'Option password is not known.'],
    ['kurrentdb://user:secret@host?tls', 'Write options as ?name=value'],
  ])('such as %s is refused in words that help and give no secret away', (text, message) => {
    const refusal = (() => {
      try {
        return parseConnectionString(text);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(ConnectionStringRefused);
    expect(String(refusal)).toContain(message);
    expect(String(refusal)).not.toMatch(/sec:?ret/);
  });

  it('is shown without its password', () => {
    const shown = describeConnection(parseConnectionString('kurrentdb://postledger:secret@one,two:3'));
    expect(shown).toBe('cluster one:2113, two:3, TLS, user postledger');
  });
});
