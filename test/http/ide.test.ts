import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHttpService, type HttpService } from './http-service.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isThere = existsSync(executablePath);
const why = `There is no Chromium at ${executablePath}: the IDE is not tried in a browser. Install it (Debian: chromium), or name it in CHROMIUM.`;

describe('the IDE', () => {
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService();
  });
  afterAll(() => service.stop());

  it('is a page for browsers, and for nobody else', async () => {
    const page = await fetch(service.url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<title>Postledger</title>');
    expect((await fetch(service.url, { headers: { accept: '*/*' } })).status).toBe(401);
  });

  it('may load nothing from elsewhere, nor stand in a frame', async () => {
    const { headers } = await fetch(service.url, { headers: { accept: 'text/html' } });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/script-src 'self' 'nonce-[A-Za-z0-9+/=]{20,}'(;|$)/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const second = await fetch(service.url, { headers: { accept: 'text/html' } });
    expect(second.headers.get('content-security-policy')).not.toBe(policy);
  });

  it('is not there where introspection is off', async () => {
    const closed = await startHttpService({ introspection: false });
    expect((await fetch(closed.url, { headers: { accept: 'text/html' } })).status).toBe(401);
    expect((await fetch(new URL('/graphql/ide/main.js', closed.url))).status).toBe(404);
    await closed.stop();
  });

  it('introspects and runs queries and subscriptions with the token that was entered, and asks no other server for anything', async ({ skip }) => {
    if (!isThere && process.env['POSTLEDGER_REQUIRE_BROWSER'] === '1') throw new Error(why);
    if (!isThere) {
      process.stderr.write(`${why}\n`);
      return skip(why);
    }
    const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(10_000);
      const elsewhere: string[] = [];
      const refusedByPolicy: string[] = [];
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== new URL(service.url).origin && protocol !== 'data:' && protocol !== 'blob:') elsewhere.push(request.url());
      });
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) refusedByPolicy.push(message.text());
      });
      await page.goto(service.url);
      await page.getByText('Enter your token here', { exact: true }).click();
      await page.getByText('Environments...', { exact: true }).click();
      await page.locator('.cm-content', { hasText: '"token"' }).fill('{"token": "admin-token"}');
      await page.getByRole('button', { name: 'Save' }).click();

      await page.locator('[track-id=reload_docs]').click();
      await page.locator('app-doc-viewer').getByText('Mutation', { exact: true }).waitFor();

      await page.getByText('Send Request').click();
      await page.locator('app-query-result').getByText('"ADMIN"').waitFor();

      const opened = page.waitForEvent('websocket');
      await page.locator('app-query-editor .cm-content').first().fill('subscription { auditEntryRecorded(after: "0") { id } }');
      await page.getByText('Send Request').click();
      const webSocket = await opened;
      await webSocket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"auditEntryRecorded":{"id":"entry-1"}'));

      expect(elsewhere).toEqual([]);
      expect(refusedByPolicy).toEqual([]);
      expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('admin-token');
    } finally {
      await browser.close();
    }
  });
});
