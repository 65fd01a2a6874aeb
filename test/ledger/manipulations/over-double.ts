import type { EventStore } from '../../../src/event-store/event-store.js';
import type { Row } from '../../../src/event-store/row.js';
import { recordedAtKey } from '../../../src/event-store/serialized-event.js';
import type { KurrentDbDouble } from '../../event-store/kurrentdb-double/kurrentdb-double.js';
import type { Stored } from '../../event-store/kurrentdb-double/log.js';
import { rowOf, signedLogOf, type SignedLog } from './signed-log.js';

/** Brings a log into a cluster by its port, as a migration does. @returns it as the cluster gives it back: with positions of its own. */
export async function broughtOver(store: EventStore, { rows, signer }: SignedLog, every: number): Promise<SignedLog> {
  for (const [, streamId, , id, type, recordedAt, data, metadata] of rows) {
    const event = { id, type, data: JSON.parse(data) as object, metadata: JSON.parse(metadata) as object, recordedAt: new Date(recordedAt) };
    await store.appendToStream(streamId, [event as never], 'any');
  }
  const read: Row[] = [];
  for await (const event of store.readAll()) read.push(rowOf(event));
  return signedLogOf(read, signer, every);
}

/** The servers' files changed behind their back: records laid down anew, as they would lie there. */
export function writeRecords({ log }: KurrentDbDouble, rows: readonly Row[]): void {
  const own = log.records.filter(({ streamId }) => streamId.startsWith('$'));
  let position = own.at(-1)?.next ?? 0n;
  const records = rows.map(([, streamId, revision, id, type, recordedAt, data, metadata]): Stored => {
    const stored = { id, type, contentType: 'application/json', data: Buffer.from(data), metadata: Buffer.from(withTime(metadata, recordedAt)) };
    const next = position + 64n + BigInt(streamId.length + type.length + stored.data.length + stored.metadata.length);
    const record = { ...stored, streamId, revision: BigInt(revision), position, next, created: recordedAt };
    position = next;
    return record;
  });
  log.records = [...own, ...records];
}

/** Of an event that was recorded elsewhere the metadata has the time. */
function withTime(metadata: string, recordedAt: number): string {
  const time = `${JSON.stringify(recordedAtKey)}:${JSON.stringify(new Date(recordedAt).toISOString())}`;
  return metadata === '{}' ? `{${time}}` : metadata.replace(/\}$/, `,${time}}`);
}
