import { Field, ID, ObjectType } from 'type-graphql';
import type { Certificate as CertificateFacts } from '../../src/domain/email-account/connection-test.js';
import type { ExpirySubject as Subject } from '../../src/domain/expiry/expiring-thing.js';
import { Certificate } from '../connection-test/connection-test-stage.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';

export const ExpirySubject = enumeration<Subject>('ExpirySubject', 'What can expire.', {
  CERTIFICATE: 'A certificate in a truststore, or the one that an authentication profile proves itself with.',
  SERVER_CERTIFICATE: "The certificate of an account's mail server, as the last connection test of a saved account saw it.",
  CLIENT_SECRET: 'The client secret of an authentication profile, whose end somebody entered with it.',
  REFRESH_TOKEN: 'A refresh token. Providers do not say when one ends, so nothing in this version of the service answers with it yet.',
  API_TOKEN: 'A token of this API. Only those who may see API tokens are told.',
});

@ObjectType({ description: 'Something that comes to its end.' })
export class Expiry {
  @Field(() => ExpirySubject, { description: 'What it is.' })
  readonly subject!: Subject;

  @Field(() => ID, { description: 'Whose it is: the name of a truststore or an authentication profile, an accountId, or the id of an API token.' })
  readonly name!: string;

  @Field(() => DateTime, { description: 'When it ends, or has ended.' })
  readonly expiresAt!: string;

  @Field(() => [ID], { description: 'The accountIds of the accounts that stop working with it: the first 100.' })
  readonly usedBy!: readonly string[];

  @Field(() => Certificate, { nullable: true, description: 'The certificate; null for what is none.' })
  readonly certificate!: CertificateFacts | null;
}
