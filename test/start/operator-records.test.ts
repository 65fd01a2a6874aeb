import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { streamPrefixes } from '../../src/domain/streams.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { commandLine } from '../../src/start/command-line.js';

/** What each command of the command line leaves in the audit trail, or why it leaves nothing. docs/audit.md says the same. */
const records: Readonly<Record<string, { readonly event: string } | { readonly none: string }>> = {
  serve: { event: 'ServiceStarted' },
  'projections rebuild': { event: 'ViewsRebuilt' },
  'views snapshot': { none: 'It copies files beside a running service, which alone can write to the log.' },
  'views restore': { event: 'ViewsRestored' },
  'keys status': { none: 'It shows counts.' },
  'keys rotate': { event: 'RootKeysRotated' },
  'keys doctor': { event: 'SecretsVerified' },
  migrate: { none: 'The copy is the source, event by event. The next start tells of the other engine.' },
  'store check': { none: 'It tries what the service needs in streams of its own.' },
  'store grant': { event: 'StoreAccessGranted' },
  'erasures pending': { event: 'ServersScavenged' },
  'retention apply': { event: 'AccountErased' },
  'audit export': { event: 'AuditExported' },
  'tokens issue': { event: 'ApiTokenIssued' },
};

/** `keys rotate`; what the audit trail's own tools leave is theirs to say. */
function namesOf(command: Command, above = ''): readonly string[] {
  const name = `${above} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [name]
    : command.commands.flatMap((below) => namesOf(below, above === '' && command.name() === 'postledger' ? '' : name));
}

describe('the command line', () => {
  it('leaves a record with each command that changes or takes something, or says why not', () => {
    const names = commandLine().commands.flatMap((command) => namesOf(command));
    const others = names.filter((name) => /^audit (?!export)/.test(name));
    expect(names.filter((name) => !others.includes(name)).sort()).toEqual(Object.keys(records).sort());
  });
});

describe('a command', () => {
  let directory = '';
  beforeAll(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'postledger-records-')), 'data');
    return () => rm(join(directory, '..'), { recursive: true, force: true });
  });

  async function postledger(
    args: readonly string[],
    more: Record<string, string> = {},
  ): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> {
    const env = { PATH: process.env['PATH'] ?? '', POSTLEDGER_DATA_DIR: directory, ...more };
    return await new Promise((resolve) => {
      execFile(process.execPath, ['dist/src/cli.js', ...args], { env }, (error, output, errors) =>
        resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
      );
    });
  }

  /** The events of the type in the log, each with who did it. */
  async function recorded(type: string): Promise<readonly object[]> {
    const events = await openEmbeddedEventStore(directory, { now: () => new Date() });
    const found: object[] = [];
    for await (const event of events.readAll({ streamPrefixes: [streamPrefixes.securityLog, streamPrefixes.apiToken] }))
      if (event.type === type) found.push({ ...event.data, actor: event.metadata['actor'], reason: event.metadata['reason'], role: event.metadata['role'] });
    await events.close();
    return found;
  }

  const { username } = userInfo();
  const by = { actor: { kind: 'COMMAND_LINE', id: `command-line:${username}`, displayName: username }, role: 'ADMIN' };

  it('that issues a token obeys the policy that wants a reason', async () => {
    const issue = ['tokens', 'issue', '--name', 'Auditor', '--role', 'AUDITOR'];
    const policy = { POSTLEDGER_REASON_REQUIRED_FOR: 'issueApiToken' };
    const refused = await postledger(issue, policy);
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.errors).toContain('This service does not take issueApiToken without a reason.');
    expect(await recorded('CommandRefused')).toMatchObject([{ command: 'issueApiToken', problems: [{ code: 'REASON_REQUIRED', field: ['reason'] }], ...by }]);
    expect((await postledger([...issue, '--reason', 'The yearly audit of 2026'], policy)).code).toBe(0);
    expect(await recorded('ApiTokenIssued')).toMatchObject([{ name: 'Auditor', reason: 'The yearly audit of 2026', ...by }]);
  });

  it('that opens every password, wraps keys anew or builds views anew is on record with what came of it', async () => {
    expect((await postledger(['keys', 'doctor'])).errors).not.toContain('rror');
    expect(await recorded('SecretsVerified')).toMatchObject([{ checked: 0, unreadable: 0, ...by }]);
    expect((await postledger(['keys', 'rotate'])).code).toBe(0);
    expect(await recorded('RootKeysRotated')).toMatchObject([{ failedAccounts: 0, ...by }]);
    expect((await postledger(['projections', 'rebuild', 'email-accounts'])).code).toBe(0);
    expect(await recorded('ViewsRebuilt')).toMatchObject([{ views: [{ name: 'email-accounts' }], ...by }]);
  });

  it('that puts a copy of the views in their place is on record with the age of the copy', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'postledger-copy-'));
    onTestFinished(() => rm(parent, { recursive: true, force: true }));
    const snapshot = join(parent, 'snapshot');
    expect((await postledger(['projections', 'rebuild'])).code).toBe(0);
    expect((await postledger(['views', 'snapshot', snapshot])).errors).not.toContain('refused');
    const restored = await postledger(['views', 'restore', snapshot]);
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('now has the views of')]);
    const [entry, ...more] = await recorded('ViewsRestored');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ views: expect.arrayContaining([{ name: 'audit-trail', position: expect.any(String) as string }]) as unknown, ...by });
    expect(restored.output).toContain(String(Reflect.get(entry ?? {}, 'takenAt')));
  });
});
