import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { OAuthGrant as Grant, OAuthPreset as Preset } from '../../src/domain/authentication-profile/settings.js';
import type { SecretValue } from '../../src/secret-store/secret-value.js';
import { ChangeInput, Input } from '../change.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import type { RequestContext } from '../request-context.js';
import { Secret } from '../secret/secret-scalar.js';
import { OAuthGrant, OAuthPreset } from './oauth-enums.js';
import { ProfileChangePayload, profilePayload } from './profile-change.js';

@InputType({ description: 'A new authentication profile.' })
export class CreateAuthenticationProfileInput extends ChangeInput {
  @Field(() => ID, {
    description: 'The name that accounts will refer to it by: a letter, then up to 63 letters, digits or hyphens. Unique ignoring case, and final.',
  })
  readonly name!: string;

  @Field(() => OAuthGrant, { description: 'How access tokens are got. Final.' })
  readonly grant!: Grant;

  @Field(() => OAuthPreset, { nullable: true, description: 'Whose endpoints and scopes fill in what is left out. Final. Default: CUSTOM.' })
  readonly preset?: Preset | null;

  @Field(() => String, {
    nullable: true,
    description: "With MICROSOFT alone: the directory's id, or one of its domains. Needed with CLIENT_CREDENTIALS. Default: accounts of every directory.",
  })
  readonly tenant?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "An address with https, or with http on the service's own machine. Default: the preset's; needed with CUSTOM.",
  })
  readonly tokenEndpoint?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "An address like the token endpoint's, for AUTHORIZATION_CODE alone. Default: the preset's; needed with CUSTOM.",
  })
  readonly authorizationEndpoint?: string | null;

  @Field(() => String, { description: 'By what the provider knows the application, 1 to 256 characters.' })
  readonly clientId!: string;

  @Field(() => [String], { nullable: true, description: 'What is asked for, at most 50 scopes of 256 characters. Default: what the preset needs for mail.' })
  readonly scopes?: string[] | null;

  @Field(() => Secret, { nullable: true, description: 'What the application proves itself with, unless it has a certificate. Default: none.' })
  readonly clientSecret?: SecretValue | null;

  @Field(() => DateTime, { nullable: true, description: 'When the provider lets the client secret expire: it is then warned of ahead. Default: not known.' })
  readonly clientSecretExpiresAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "The application's certificate, one, as PEM, in place of a client secret (RFC 7523). Needs `privateKeyPem`. Default: none.",
  })
  readonly certificatePem?: string | null;

  @Field(() => Secret, {
    nullable: true,
    description: "The certificate's private key, PEM without a passphrase: RSA of 2048 bits or more, or P-256. Default: none.",
  })
  readonly privateKeyPem?: SecretValue | null;

  @Field(() => Secret, { nullable: true, description: 'The refresh token, with the grant REFRESH_TOKEN alone, and needed there. Default: none.' })
  readonly refreshToken?: SecretValue | null;
}

@ObjectType({ description: 'What came of `createAuthenticationProfile`.' })
export class CreateAuthenticationProfilePayload extends ProfileChangePayload {}

@Resolver()
export class CreateAuthenticationProfile {
  @Mutation(() => CreateAuthenticationProfilePayload, {
    description:
      'Creates an authentication profile. With AUTHORIZATION_CODE, `beginConsent` comes next. Errors: ALREADY_EXISTS, REQUIRED and CONTRADICTION by grant and preset, INVALID_CERTIFICATE, PRIVATE_KEY_REFUSED, and what else is wrong with the input, all of it at once.',
  })
  async createAuthenticationProfile(
    @Input(() => CreateAuthenticationProfileInput) { reason, idempotencyKey, ...input }: CreateAuthenticationProfileInput,
    @Ctx() { call, profileCommands }: RequestContext,
  ): Promise<CreateAuthenticationProfilePayload> {
    return profilePayload(await profileCommands.create(call, input, { reason, idempotencyKey }));
  }
}
