import { Field, ObjectType } from 'type-graphql';
import type { Changed } from '../../src/commands/change.js';
import type { ProfileSnapshot } from '../../src/domain/authentication-profile/snapshot.js';
import { ChangePayload, changePayload } from '../change.js';
import { AuthenticationProfile } from './authentication-profile.js';

@ObjectType()
export abstract class ProfileChangePayload extends ChangePayload {
  @Field(() => AuthenticationProfile, { nullable: true, description: 'The profile after the change; null when it was refused, or the profile is no more.' })
  readonly authenticationProfile!: AuthenticationProfile | null;
}

/** What came of it, as every payload of a profile's mutations says it. */
export function profilePayload(changed: Changed<ProfileSnapshot>): ProfileChangePayload {
  return { authenticationProfile: changed.entity && new AuthenticationProfile(changed.entity), ...changePayload(changed) };
}
