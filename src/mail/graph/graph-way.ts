import { graphAddresses } from '../../domain/authentication-profile/national-cloud.js';
import type { Deadline } from '../deadline.js';
import type { GraphReceiverSubject, GraphSenderSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import { GraphClient } from './graph-client.js';

type GraphSubject = GraphSenderSubject | GraphReceiverSubject;

/** A client for the mailbox of an account, within a deadline: no part of it may use up the whole. */
export function graphClientFor(
  { settings, accessTokens, ...subject }: GraphSubject,
  { fetch, graphPlaces: places, ...road }: Road,
  deadline: Deadline,
): GraphClient {
  const way = {
    fetch,
    baseUrl: graphBaseUrl(subject, road),
    places,
    silenceMilliseconds: deadline.step,
    firstPauseMilliseconds: 500,
    patienceMilliseconds: deadline.step / 2,
  };
  return new GraphClient(way, accessTokens, settings.identity.userPrincipalName);
}

export function graphBaseUrl({ cloud }: Pick<GraphSubject, 'cloud'>, { graphBaseUrl: otherwise }: Pick<Road, 'graphBaseUrl'>): string {
  return otherwise ?? graphAddresses[cloud];
}
