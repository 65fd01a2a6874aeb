import { SealBroken, type SecretPlace } from './sealing.js';

/**
 * The place that a stored secret itself claims. Only sealing proves it.
 * @throws {SealBroken} its list of endpoints cannot be read.
 */
export function claimedPlace(stored: Omit<SecretPlace, 'boundTo'> & { readonly boundTo: string }): SecretPlace {
  try {
    const boundTo: unknown = JSON.parse(stored.boundTo);
    if (Array.isArray(boundTo) && boundTo.every((endpoint) => typeof endpoint === 'string')) return { ...stored, boundTo };
  } catch (error) {
    throw new SealBroken('Its list of endpoints was altered.', { cause: error });
  }
  throw new SealBroken('Its list of endpoints was altered.');
}
