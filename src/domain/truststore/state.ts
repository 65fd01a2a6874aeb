import type { Certificate } from '../email-account/connection-test.js';
import type { TruststoreEvent } from './events.js';

export type Truststore = { readonly status: 'absent' } | PresentTruststore;

export interface PresentTruststore {
  readonly status: 'present';
  /** As it was written. */
  readonly name: string;
  readonly includeSystemRoots: boolean;
  /** In the order in which they came. */
  readonly certificates: readonly Certificate[];
}

export const initialState: Truststore = { status: 'absent' };

export function evolve(state: Truststore, event: TruststoreEvent): Truststore {
  switch (event.type) {
    case 'TruststoreCreated':
      return { status: 'present', ...event.data, certificates: [] };
    case 'CertificateAdded':
      return withCertificates(state, (certificates) => [...certificates, event.data.certificate]);
    case 'CertificateRemoved':
      return withCertificates(state, (certificates) => certificates.filter(({ fingerprintSha256 }) => fingerprintSha256 !== event.data.fingerprintSha256));
    case 'TruststoreDeleted':
      return initialState;
  }
}

function withCertificates(state: Truststore, change: (certificates: readonly Certificate[]) => readonly Certificate[]): Truststore {
  return state.status === 'absent' ? state : { ...state, certificates: change(state.certificates) };
}
