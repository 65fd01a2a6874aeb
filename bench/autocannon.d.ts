declare module 'autocannon' {
  interface Request {
    readonly method: 'POST';
    readonly path: string;
    readonly body?: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Called before each request is sent. */
    readonly setupRequest?: (request: Request) => Request;
  }
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** In seconds. */
    readonly duration: number;
    readonly requests: readonly Request[];
    readonly verifyBody?: (body: string) => boolean;
  }
  interface Result {
    /** Per second. */
    readonly requests: { readonly average: number; readonly total: number };
    /** In milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
    readonly errors: number;
    readonly timeouts: number;
    readonly mismatches: number;
    readonly non2xx: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
