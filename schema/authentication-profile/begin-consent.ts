import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangePayload, changePayload, Input } from '../change.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import type { RequestContext } from '../request-context.js';

@InputType({ description: 'Whose consent is asked for.' })
export class BeginConsentInput {
  @Field(() => ID, { description: 'The authentication profile, with the grant AUTHORIZATION_CODE. Matched ignoring case.' })
  readonly authenticationProfile!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The address of the mailbox, which the provider then fills in at the login. At most 320 characters. Default: none.',
  })
  readonly loginHint?: string | null;
}

@ObjectType({ description: 'What came of `beginConsent`.' })
export class BeginConsentPayload extends ChangePayload {
  @Field(() => String, {
    nullable: true,
    description:
      "The provider's address, for the browser of the mailbox's owner. From there they come to `/oauth/callback` of this service, which says how it went. Works once. Null when it was refused.",
  })
  readonly url!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Until when they have to be back: 10 minutes from now. Null when it was refused.' })
  readonly expiresAt!: Date | null;
}

@Resolver()
export class BeginConsent {
  @Mutation(() => BeginConsentPayload, {
    description:
      'Begins a consent (RFC 6749, section 4.1, with PKCE): gives the address at which the owner of a mailbox lets the application in. Nothing changes before they come back; then the audit trail names the caller of this mutation. The redirect URI that the provider has to know is `/oauth/callback` below POSTLEDGER_PUBLIC_URL. Errors: NOT_FOUND, CONTRADICTION for a profile to which nobody consents.',
  })
  async beginConsent(@Input(() => BeginConsentInput) input: BeginConsentInput, @Ctx() { call, consents }: RequestContext): Promise<BeginConsentPayload> {
    const begun = await consents.begin(call, input);
    return { url: begun.url, expiresAt: begun.expiresAt, ...changePayload(begun) };
  }
}
