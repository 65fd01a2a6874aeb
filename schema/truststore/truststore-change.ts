import { Field, ObjectType } from 'type-graphql';
import type { Changed } from '../../src/commands/change.js';
import type { TruststoreSnapshot } from '../../src/domain/truststore/snapshot.js';
import { ChangePayload, changePayload } from '../change.js';
import { Truststore } from './truststore.js';

@ObjectType()
export abstract class TruststoreChangePayload extends ChangePayload {
  @Field(() => Truststore, { nullable: true, description: 'The truststore after the change; null when it was refused, or the truststore is no more.' })
  readonly truststore!: Truststore | null;
}

/** What came of it, as every payload of a truststore's mutations says it. */
export function truststorePayload(changed: Changed<TruststoreSnapshot>): TruststoreChangePayload {
  return { truststore: changed.entity && new Truststore(changed.entity), ...changePayload(changed) };
}

/** What `pem` takes, wherever it stands. */
export const pemDescription =
  'Certificates in PEM form: one, a chain or a bundle, at most 65,536 characters. Text between them is ignored. Where there is a private key in it, nothing of it is taken.';
