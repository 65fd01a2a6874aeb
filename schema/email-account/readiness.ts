import { Field, ObjectType } from 'type-graphql';
import type { AccountWarningCode as WarningCode, ReadinessGapCode as GapCode } from '../../src/domain/email-account/readiness.js';
import { enumeration } from '../enumeration.js';

export const ReadinessGapCode = enumeration<GapCode>('ReadinessGapCode', 'What an account lacks before it can be used.', {
  NO_SENDER_OR_RECEIVER: 'It neither sends nor receives.',
  PASSWORD_MISSING: 'A password that it needs is not there, or could not be brought back by a revert.',
  TRUSTSTORE_MISSING: 'It names a truststore that does not exist.',
  AUTHENTICATION_PROFILE_MISSING: 'It names an authentication profile that does not exist.',
  REAUTHORIZATION_REQUIRED: 'Its authentication profile gives no access before somebody consents, for the first time or again, or enters a new refresh token.',
});

export const AccountWarningCode = enumeration<WarningCode>(
  'AccountWarningCode',
  'What an account may do but probably does not mean to. Warnings never refuse anything.',
  {
    PORT_UNUSUAL_FOR_PROTOCOL: 'The port is the usual one of another protocol.',
    PORT_UNUSUAL_FOR_SECURITY: 'The port usually speaks TLS from the start, and the account does not, or the other way round.',
    UNENCRYPTED_PASSWORD: 'The password goes, or may go, over an unencrypted connection.',
    TLS_FLOOR_LOW: 'TLS versions below 1.2 are accepted.',
    USER_ID_NO_ADDRESS: "The receiver's user ID is no email address.",
    IP_ADDRESS_WITH_TLS: 'The host is an IP address, and few certificates name one.',
    REPLY_TO_UNATTENDED: 'Replies go to an address that looks like nobody reads it.',
    CERTIFICATE_EXPIRING:
      'A certificate that it works with ends within 30 days, or has ended: in its truststore, of its authentication profile, or of its mail server as it was tested last.',
    SECRET_EXPIRING: 'The client secret of its authentication profile ends within 30 days, or has ended.',
  },
);

const field = 'Where in the account, e.g. `["sender", "connection", "port"]`. Null when it is about the whole.';

@ObjectType({ description: 'Something that an account lacks before it can be used.' })
export class ReadinessGap {
  @Field(() => ReadinessGapCode, { description: 'What is missing, for programs.' })
  readonly code!: GapCode;

  @Field(() => String, { description: 'What is missing and what to do, for people.' })
  readonly message!: string;

  @Field(() => [String], { nullable: true, description: field })
  readonly field!: readonly string[] | null;
}

@ObjectType({ description: 'Something that is allowed but probably not meant.' })
export class AccountWarning {
  @Field(() => AccountWarningCode, { description: 'What looks wrong, for programs.' })
  readonly code!: WarningCode;

  @Field(() => String, { description: 'What looks wrong and what to do, for people.' })
  readonly message!: string;

  @Field(() => [String], { nullable: true, description: field })
  readonly field!: readonly string[] | null;
}

@ObjectType({ description: 'Whether an account has all that it needs.' })
export class Readiness {
  @Field(() => Boolean, { description: 'Whether nothing is missing. It says nothing of whether the servers answer: that is what the connection test is for.' })
  readonly ready!: boolean;

  @Field(() => [ReadinessGap], { description: 'What is missing. Empty when the account is ready.' })
  readonly missing!: readonly ReadinessGap[];

  @Field(() => [AccountWarning], { description: 'What looks wrong. Warnings do not make an account unready.' })
  readonly warnings!: readonly AccountWarning[];
}
