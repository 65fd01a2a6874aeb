const nodeTypes = ['EmailAccount', 'ConnectionTest', 'ApiToken', 'AuthenticationProfile', 'Truststore'] as const;
export type NodeType = (typeof nodeTypes)[number];

/** The id that `node` finds the object by: opaque to clients, base64url of `Type:key`. */
export function globalId(type: NodeType, key: string): string {
  return Buffer.from(`${type}:${key}`).toString('base64url');
}

/** Null for what {@link globalId} never made. */
export function parseGlobalId(id: string): { readonly type: NodeType; readonly key: string } | null {
  const text = Buffer.from(id, 'base64url').toString('utf8');
  const colon = text.indexOf(':');
  const type = nodeTypes.find((known) => known === text.slice(0, colon));
  const key = text.slice(colon + 1);
  return type !== undefined && key !== '' && globalId(type, key) === id ? { type, key } : null;
}
