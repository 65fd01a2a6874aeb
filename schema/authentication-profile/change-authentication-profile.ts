import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { SecretValue } from '../../src/secret-store/secret-value.js';
import { Input, VersionedChangeInput } from '../change.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import type { RequestContext } from '../request-context.js';
import { Secret } from '../secret/secret-scalar.js';
import { ProfileChangePayload, profilePayload } from './profile-change.js';

@InputType({ description: 'What changes of an authentication profile: what is left out is kept, null clears it or gives it back to the preset.' })
export class ChangeAuthenticationProfileInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which profile. Matched ignoring case.' })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: "With MICROSOFT alone: the directory's id, or one of its domains. Endpoints that came of the preset follow it. Left out: kept; null: none.",
  })
  readonly tenant?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Another token endpoint: the stored secrets go to no other than their own, so they are entered again with it. Left out: kept; null: as the preset has it.',
  })
  readonly tokenEndpoint?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Another authorization endpoint, for AUTHORIZATION_CODE alone. Left out: kept; null: as the preset has it.',
  })
  readonly authorizationEndpoint?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Another client ID, 1 to 256 characters. A consent was given to the one before, and ends with it. Left out: kept.',
  })
  readonly clientId?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'All scopes, at most 50. A consent that did not cover them has to be given again. Left out: kept; null: as the preset has it.',
  })
  readonly scopes?: string[] | null;

  @Field(() => Secret, { nullable: true, description: 'Another client secret. The one before is destroyed at once. Left out: kept; null clears it.' })
  readonly clientSecret?: SecretValue | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the provider lets the client secret expire. Left out: as it was, and with a new client secret not known; null: not known.',
  })
  readonly clientSecretExpiresAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'Another certificate, PEM. With the stored private key, or with a new one. Left out: kept; null: none.' })
  readonly certificatePem?: string | null;

  @Field(() => Secret, { nullable: true, description: 'Another private key, PEM. The one before is destroyed at once. Left out: kept; null: none.' })
  readonly privateKeyPem?: SecretValue | null;

  @Field(() => Secret, {
    nullable: true,
    description: 'Another refresh token, with the grant REFRESH_TOKEN. Left out: kept. With AUTHORIZATION_CODE, null ends the consent.',
  })
  readonly refreshToken?: SecretValue | null;
}

@ObjectType({ description: 'What came of `changeAuthenticationProfile`.' })
export class ChangeAuthenticationProfilePayload extends ProfileChangePayload {}

@Resolver()
export class ChangeAuthenticationProfile {
  @Mutation(() => ChangeAuthenticationProfilePayload, {
    description:
      'Changes an authentication profile; grant and preset are final. Errors: NOT_FOUND, SECRET_REBIND_REQUIRED where a stored secret would go to another token endpoint, and those of `createAuthenticationProfile`.',
  })
  async changeAuthenticationProfile(
    @Input(() => ChangeAuthenticationProfileInput) { reason, idempotencyKey, expectedVersion, ...input }: ChangeAuthenticationProfileInput,
    @Ctx() { call, profileCommands }: RequestContext,
  ): Promise<ChangeAuthenticationProfilePayload> {
    return profilePayload(await profileCommands.change(call, input, { reason, idempotencyKey, expectedVersion }));
  }
}
