import type { ClassType } from 'type-graphql';
import type { Moment } from '../../../src/commands/moment.js';
import type { PostledgerEvent, PostledgerEventType } from '../../../src/domain/event-catalogue.js';

export type DataOf<Type extends PostledgerEventType> = Extract<PostledgerEvent, { readonly type: Type }>['data'];

/** What an entry adds to AuditEntry: the field's type, what it means, and where in the event's data it stands. */
export interface Extra<Data> {
  readonly type: () => ClassType | object | [object];
  readonly nullable?: true;
  readonly description: string;
  /** @param moment right after the event. */
  readonly of: (data: Data, moment: Moment) => unknown;
}
/** By the name of the field. */
export type Extras<Data> = Readonly<Record<string, Extra<Data>>>;

/** What is typed about each event. A field of one name has one type in all entries, so that fragments on several of them can stand side by side. */
export type EntryTable = { readonly [Type in PostledgerEventType]: { readonly description: string; readonly adds: Extras<DataOf<Type>> } };

/** The part of the table that is about these events. */
export type EntriesOf<Type extends PostledgerEventType> = Pick<EntryTable, Type>;
