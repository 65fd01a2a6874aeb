const mostBytes = 65_536;

/**
 * The answer of a token endpoint, as much of it as is used: an ID token is left out, for nobody logs in to this service with it, and its issuer is not known.
 * @throws {TypeError} it is longer than any token endpoint's.
 */
export async function tokenResponse(response: Response): Promise<Response> {
  const text = await limitedText(response);
  return new Response(withoutIdToken(text), { status: response.status, headers: response.headers });
}

function withoutIdToken(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return text;
    const { id_token: _idToken, ...used } = body as Readonly<Record<string, unknown>>;
    return JSON.stringify(used);
  } catch (error) {
    // Told by whoever reads the answer.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) return Buffer.concat(chunks).toString();
    bytes += value.length;
    if (bytes > mostBytes) {
      await reader?.cancel();
      throw new TypeError(`The token endpoint answered with more than ${mostBytes} bytes.`);
    }
    chunks.push(value);
  }
}
