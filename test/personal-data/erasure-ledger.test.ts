import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ErasureLedger } from '../../src/start/erasure-ledger.js';

const log = '11111111-1111-4111-8111-111111111111';
const noon = new Date('2026-11-30T12:00:00Z');

async function file(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-ledger-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'erasures');
}

async function opened(path: string, of: string | null = log): Promise<ErasureLedger> {
  const ledger = await ErasureLedger.open(path, () => Promise.resolve(of));
  onTestFinished(() => ledger.close());
  return ledger;
}

describe('the record of erasures', () => {
  it('is a line an erasure, for its owner alone, and says the same after a restart', async () => {
    const path = await file();
    const first = await opened(path);
    expect([first.isNew, first.size]).toEqual([true, 0]);
    await first.note('Sales', noon);
    await first.note('support', new Date('2026-12-01T08:30:00.250Z'));
    expect(await readFile(path, 'utf8')).toBe(`log ${log}\n2026-11-30T12:00:00.000Z sales\n2026-12-01T08:30:00.250Z support\n`);
    await chmod(path, 0o644);
    const again = await opened(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect([again.isNew, [...again.noted()], again.has('SALES'), again.has('other')]).toEqual([
      false,
      [
        { accountId: 'sales', at: noon },
        { accountId: 'support', at: new Date('2026-12-01T08:30:00.250Z') },
      ],
      true,
      false,
    ]);
  });

  it('notes each account once, when it was first erased, however many ask at once', async () => {
    const path = await file();
    const ledger = await opened(path);
    await Promise.all(Array.from({ length: 40 }, (_, n) => ledger.note(n % 2 === 0 ? 'sales' : `account-${n}`, new Date(noon.getTime() + n))));
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect([lines.length, lines[1], lines.filter((line) => line.endsWith(' sales')).length]).toEqual([22, '2026-11-30T12:00:00.000Z sales', 1]);
  });

  it('takes away a last line that a crash cut short, and goes on after it', async () => {
    const path = await file();
    await writeFile(path, `log ${log}\n2026-11-30T12:00:00.000Z sales\n2026-11-30T12:00:00.000Z `);
    const ledger = await opened(path);
    expect([...ledger.noted()].map(({ accountId }) => accountId)).toEqual(['sales']);
    await ledger.note('support', noon);
    expect(await readFile(path, 'utf8')).toBe(`log ${log}\n2026-11-30T12:00:00.000Z sales\n2026-11-30T12:00:00.000Z support\n`);
  });

  it.each(['2026-11-30 sales\n', '2026-11-30T12:00:00.000Z \n', '2026-11-30T12:00:00.000Z Sales\n', '\n', '2026-11-30T12:00:00.000Z a b\n'])(
    'does not guess what %j was to be, and changes nothing',
    async (written) => {
      const path = await file();
      await writeFile(path, `2026-11-30T12:00:00.000Z sales\n${written}`);
      await expect(ErasureLedger.open(path, () => Promise.resolve(log))).rejects.toThrow(/^Line 2 of .* is no record of an erasure/);
      expect(await readFile(path, 'utf8')).toBe(`2026-11-30T12:00:00.000Z sales\n${written}`);
    },
  );

  it('of another log is refused, for an account of the same id is another account', async () => {
    const path = await file();
    await (await opened(path)).note('sales', noon);
    for (const other of ['22222222-2222-4222-8222-222222222222', null])
      await expect(opened(path, other)).rejects.toThrow(`is the record of what was erased from another log: that one begins with the event ${log}`);
    expect((await opened(path)).size).toBe(1);
  });

  it('does not lose a last line that somebody wrote without its end', async () => {
    const path = await file();
    await writeFile(path, `log ${log}\n2026-11-30T12:00:00.000Z sales`);
    const ledger = await opened(path);
    expect(ledger.has('sales')).toBe(true);
    expect(await readFile(path, 'utf8')).toBe(`log ${log}\n2026-11-30T12:00:00.000Z sales\n`);
  });

  it('that does not say of which log it is destroys nothing', async () => {
    const path = await file();
    await writeFile(path, '2026-11-30T12:00:00.000Z sales\n');
    await expect(opened(path)).rejects.toThrow(`put this line before all others: log ${log}`);
  });

  it('says where it should be when its directory is not there', async () => {
    await expect(ErasureLedger.open(join(await file(), 'nowhere', 'erasures'), () => Promise.resolve(log))).rejects.toThrow('POSTLEDGER_ERASURES_FILE');
  });
});
