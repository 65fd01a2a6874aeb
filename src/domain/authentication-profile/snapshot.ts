import type { Actor } from '../access/actor.js';
import type { AuthenticationProfileEvent } from './events.js';
import { evolve, initialState, type AuthenticationProfile, type PresentProfile } from './state.js';

/** The profile with what its history says of it. */
export interface ProfileSnapshot {
  readonly profile: PresentProfile;
  /** The stream's revision + 1. */
  readonly version: number;
  readonly createdAt: string; // ISO 8601
  readonly createdBy: Actor;
  /** The last change by a person, a consent among them; what the provider did is none. */
  readonly updatedAt: string; // ISO 8601
}

export type ProfileSnapshotEvent = AuthenticationProfileEvent & { readonly revision: bigint; readonly recordedAt: Date; readonly actor: Actor };

/** What a stream comes to: the state outlives the profile, for its name may be given out again. */
export interface FoldedProfile {
  readonly state: AuthenticationProfile;
  /** Null while there is no profile of the name. */
  readonly snapshot: ProfileSnapshot | null;
}

export const noProfile: FoldedProfile = { state: initialState, snapshot: null };

export function foldProfile({ state, snapshot }: FoldedProfile, event: ProfileSnapshotEvent): FoldedProfile {
  const profile = evolve(state, event);
  if (profile.status === 'absent') return { state: profile, snapshot: null };
  const version = Number(event.revision) + 1;
  const at = event.recordedAt.toISOString();
  if (snapshot === null || event.type === 'AuthenticationProfileCreated')
    return { state: profile, snapshot: { profile, version, createdAt: at, createdBy: event.actor, updatedAt: at } };
  return { state: profile, snapshot: { ...snapshot, profile, version, ...(isByService(event) ? {} : { updatedAt: at }) } };
}

/** What the provider did and the service found out: nobody who looked at the profile is overtaken by it. */
export function isByService(event: AuthenticationProfileEvent): boolean {
  return event.type === 'ConsentLost' || event.type === 'RefreshTokenRotated';
}
