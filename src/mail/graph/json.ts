import { ConnectionFailure } from '../failure.js';

/** An object off the wire, of which nothing is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws {ConnectionFailure} PROTOCOL_ERROR */
export function objectIn(text: string): JsonObject {
  const value = parsed(text);
  if (!isObject(value)) throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'What answers in place of Microsoft Graph does not answer with JSON.' });
  return value;
}

/** The object, or an empty one for anything else. */
export function objectOrEmpty(text: string): JsonObject {
  const value = parsed(text);
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that has to be there. @throws {ConnectionFailure} PROTOCOL_ERROR */
export function requiredText(value: JsonObject, field: string): string {
  const text = value[field];
  if (typeof text !== 'string' || text === '')
    throw new ConnectionFailure('PROTOCOL_ERROR', { message: `Microsoft Graph answered without the field ${field}, which always is there.` });
  return text;
}

export function textOrNull(value: JsonObject, field: string): string | null {
  const text = value[field];
  return typeof text === 'string' ? text : null;
}

export function objectsIn(value: JsonObject, field: string): readonly JsonObject[] {
  const list = value[field];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
