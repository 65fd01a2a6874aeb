import { stdout } from 'node:process';
import { setTimeout as after } from 'node:timers/promises';
import { ExportRefused, filterOf, positionIn } from '../../projections/audit-export/request.js';
import type { DeadLetter } from '../audit-stream/dead-letters.js';
import { StreamDatabase } from '../audit-stream/stream-database.js';
import type { StreamOrder } from '../audit-stream/stream-requests.js';
import { StreamState } from '../audit-stream/stream-state.js';
import type { Config } from '../config.js';
import { isHeld } from '../event-store/embedded-lock.js';
import { callOfOperator } from './command-line-token.js';
import { CommandFailed } from './command-failed.js';

type Settings = Pick<Config, 'dataDirectory'>;

/** So many dead letters are listed. */
const mostListed = 100;
/** How long a running service is waited for, in milliseconds, and how often it is asked. */
const patience = 10_000;
const betweenLooks = 100;

/** Says how far the stream is, also while the service runs. @throws {CommandFailed} nothing was ever streamed from here. */
export function showStream({ dataDirectory }: Settings): void {
  withState(dataDirectory, ({ progress, deadLetters }) => {
    const cursor = progress.cursor();
    const { taken, takenAt } = progress.totals();
    const lag = progress.lag();
    const trouble = progress.trouble();
    const lines = [
      `Everything up to position ${cursor === null || cursor.position < 0n ? '0' : cursor.position} was taken${takenAt === null ? '' : `, the last at ${takenAt.toISOString()}`}; ${taken.toLocaleString('en')} entries in all.`,
      ...(lag === null
        ? []
        : [`Behind: ${lag.entriesBehind.toLocaleString('en')} entries, ${lag.secondsBehind.toFixed(0)} seconds, as of ${lag.measuredAt.toISOString()}.`]),
      ...(trouble === null
        ? []
        : [
            `It stands since ${trouble.since.toISOString()}: the receiver ${trouble.words}. ${trouble.attempts} attempts${trouble.nextAt === null ? '' : `, the next at ${trouble.nextAt.toISOString()}`}.`,
          ]),
      `Dead letters: ${deadLetters.count().toLocaleString('en')}`,
    ];
    stdout.write(`${lines.join('\n')}\n`);
  });
}

/** Has everything from a position or a time on sent again. @throws {CommandFailed} it cannot be. */
export async function replayStream(settings: Settings, from: string): Promise<void> {
  refuseUnreadable(from);
  await order(settings, { kind: 'replay', from });
}

/** Names what the receiver did not take; with `retry` has it sent once more. @throws {CommandFailed} */
export async function deadLettersOfStream(settings: Settings, { retry }: { readonly retry: boolean }): Promise<void> {
  if (retry) return order(settings, { kind: 'retry' });
  withState(settings.dataDirectory, ({ deadLetters }) => {
    const count = deadLetters.count();
    const more = count > mostListed ? `… and ${(count - mostListed).toLocaleString('en')} more\n` : '';
    stdout.write(count === 0 ? 'There are none.\n' : `${deadLetters.list(mostListed).map(letterLine).join('')}${more}`);
  });
}

function letterLine({ position, entryId, action, cause, attempts, refusedAt }: DeadLetter): string {
  return `${position}  ${entryId}  ${action}  ${cause} after ${attempts} attempts, ${refusedAt.toISOString()}\n`;
}

/** Leaves the order for the service and waits for what it says of it. One that does not run takes it up when it starts within a day. */
async function order({ dataDirectory }: Settings, wanted: StreamOrder): Promise<void> {
  const state = stateIn(dataDirectory);
  try {
    const id = state.requests.ask(wanted, callOfOperator().actor, new Date());
    if (!isHeld(dataDirectory)) {
      stdout.write('The service does not run. It takes this up when it starts within a day.\n');
      return;
    }
    for (const until = Date.now() + patience; Date.now() < until; await after(betweenLooks)) {
      const answer = state.requests.answerTo(id);
      if (answer === null) continue;
      if (!answer.done) throw new CommandFailed(answer.words);
      stdout.write(`${answer.words}\n`);
      return;
    }
    stdout.write(
      'No service has taken this up yet. One does within a day once it runs, POSTLEDGER_AUDIT_WEBHOOK_URL is set for it, and its event store answers.\n',
    );
  } finally {
    state.close();
  }
}

function withState(directory: string, work: (state: StreamState) => void): void {
  const state = stateIn(directory);
  try {
    work(state);
  } finally {
    state.close();
  }
}

function stateIn(directory: string): StreamState {
  const database = StreamDatabase.openExisting(directory);
  if (database === null)
    throw new CommandFailed(
      `Nothing was ever streamed from ${directory}. Set POSTLEDGER_AUDIT_WEBHOOK_URL and start the service; POSTLEDGER_DATA_DIR says where its data are.`,
    );
  return new StreamState(database);
}

function refuseUnreadable(from: string): void {
  try {
    if (/^\d+$/.test(from)) positionIn('--from', from);
    else filterOf([['from', from]]);
  } catch (error) {
    if (error instanceof ExportRefused) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}
