const nodeTypes = ['EmailAccount', 'ConnectionTest', 'ApiToken', 'AuthenticationProfile', 'Truststore'] as const;
export type NodeType = (typeof nodeTypes)[number];

/** The id that `node` finds the object by: opaque to clients, base64url of `Type:key`. */
export function globalId(type: NodeType, key: string): string {
  return Buffer.from(`${type}:${key}`).toString('base64url');
}

/** The key of something as it was at a moment: a client that keeps objects by their ids must not take it for what the thing is now. No other key has an `@`. */
export function keyThen(key: string, moment: { readonly name: string } | undefined): string {
  return moment === undefined ? key : `${key}@${moment.name}`;
}

/** What {@link keyThen} put together; `moment` is null for something as it is now. */
export function parseKeyThen(text: string): { readonly key: string; readonly moment: string | null } {
  const at = text.indexOf('@');
  return at < 0 ? { key: text, moment: null } : { key: text.slice(0, at), moment: text.slice(at + 1) };
}

/** Null for what {@link globalId} never made. */
export function parseGlobalId(id: string): { readonly type: NodeType; readonly key: string } | null {
  const text = Buffer.from(id, 'base64url').toString('utf8');
  const colon = text.indexOf(':');
  const type = nodeTypes.find((known) => known === text.slice(0, colon));
  const key = text.slice(colon + 1);
  return type !== undefined && key !== '' && globalId(type, key) === id ? { type, key } : null;
}
