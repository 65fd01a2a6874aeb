import { ID } from 'type-graphql';
import type { EntriesOf } from './entry-table.js';
import { command } from './fields-of-several.js';

/** What happened to authentication profiles. */
export const profileEntries: EntriesOf<
  | 'AuthenticationProfileCreated'
  | 'AuthenticationProfileChanged'
  | 'AuthenticationProfileDeleted'
  | 'ConsentGranted'
  | 'ConsentLost'
  | 'RefreshTokenRotated'
  | 'ConsentBegun'
> = {
  AuthenticationProfileCreated: {
    description: 'An authentication profile was created.',
    adds: { profileName: { type: () => ID, description: "The profile's name, as it was written.", of: (data) => data.profile.name } },
  },
  AuthenticationProfileChanged: { description: 'An authentication profile was changed.', adds: {} },
  AuthenticationProfileDeleted: { description: 'An authentication profile was deleted, and its secrets were destroyed.', adds: {} },
  ConsentGranted: {
    description:
      'The owner of a mailbox consented to an authentication profile. The actor is who began the consent, the origin is where the browser came back from.',
    adds: {
      scopes: { type: () => [String], nullable: true, description: 'What was granted; null where the provider did not say.', of: (data) => data.scopes },
    },
  },
  ConsentLost: {
    description: "The provider takes an authentication profile's refresh token no more: somebody has to act before there is access again.",
    adds: { lossMessage: { type: () => String, description: 'Why, for people.', of: (data) => data.message } },
  },
  RefreshTokenRotated: {
    description: "The provider gave a new refresh token in place of an authentication profile's own, which was destroyed.",
    adds: {},
  },
  ConsentBegun: {
    description: 'Somebody was sent to a provider to consent to an authentication profile. What came of it stands under the correlation id `consentId`.',
    adds: { command, consentId: { type: () => ID, description: 'The correlation id of what comes of it.', of: (data) => data.consentId } },
  },
};
