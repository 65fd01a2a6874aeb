/** A value that passed its check, or what is wrong with it in words for a person. No message repeats the value. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: TextProblem; readonly message: string };

export type TextProblem = 'REQUIRED' | 'INVALID_FORMAT' | 'TOO_LONG' | 'FORBIDDEN_CHARACTER' | 'OUT_OF_RANGE';

export function accepted<T>(value: T): Checked<T> {
  return { ok: true, value };
}

export function rejected(code: TextProblem, message: string): Checked<never> {
  return { ok: false, code, message };
}
