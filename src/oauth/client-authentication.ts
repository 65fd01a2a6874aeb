import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { ClientSecretPost, modifyAssertion, None, PrivateKeyJwt, type ClientAuth } from 'oauth4webapi';
import type { ApplicationCredentials } from './consent-port.js';

/** How the application proves itself at the token endpoint: by its secret in the body (RFC 6749, section 2.3.1), by an assertion that its key signed (RFC 7523), or not at all. */
export async function clientAuthentication({ tokenEndpoint, clientSecret, certificatePem, privateKey }: ApplicationCredentials): Promise<ClientAuth> {
  if (privateKey !== null && certificatePem !== null) {
    const thumbprint = Buffer.from(new X509Certificate(certificatePem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    return PrivateKeyJwt(await signingKey(createPrivateKey(privateKey.reveal())), {
      [modifyAssertion](header, payload) {
        // By its thumbprint the provider finds the certificate; Microsoft takes its token endpoint for the audience, others take it as well.
        header['x5t#S256'] = thumbprint;
        payload['aud'] = tokenEndpoint;
      },
    });
  }
  return clientSecret === null ? None() : ClientSecretPost(clientSecret.reveal());
}

/** RSA signs as PS256, P-256 as ES256 (RFC 7518, section 3.1). */
function signingKey(key: KeyObject): Promise<CryptoKey> {
  const algorithm = key.asymmetricKeyType === 'ec' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSA-PSS', hash: 'SHA-256' };
  return crypto.subtle.importKey('pkcs8', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })), algorithm, false, ['sign']);
}
