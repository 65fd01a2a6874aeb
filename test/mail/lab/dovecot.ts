/** One instance of Dovecot 2.3, private to a folder, on loopback alone. */
export interface DovecotInstance {
  readonly name: string;
  /** Absolute, of the whole lab. */
  readonly folder: string;
  readonly user: string;
  readonly group: string;
  readonly listen: readonly string[];
  readonly ports: { readonly imap: number; readonly imaps: number; readonly pop3: number; readonly pop3s: number };
  /** File names without ending, in `tls`. */
  readonly identity: string;
  readonly identitiesByAddress: Readonly<Record<string, string>>;
  /** Its TLS versions end here; null: where OpenSSL does. */
  readonly highestTls: 'TLSv1.1' | 'TLSv1.2' | null;
  /** What Postfix delivers to and has passwords verified by; null for an instance that only shows a TLS version. */
  readonly services: { readonly lmtp: number; readonly authentication: number; readonly introspection: number } | null;
}

export function dovecotConfiguration(instance: DovecotInstance): string {
  const { name, folder, user, group, listen, ports, identity, identitiesByAddress, highestTls, services } = instance;
  return `
base_dir = ${folder}/${name}
state_dir = ${folder}/${name}-state
log_path = ${folder}/${name}.log
instance_name = ${name}
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
first_valid_uid = 1
listen = ${listen.join(', ')}
protocols = imap pop3${services ? ' lmtp' : ''}
import_environment = OPENSSL_CONF

disable_plaintext_auth = no
auth_mechanisms = plain login${services ? ' xoauth2 oauthbearer' : ''}
auth_failure_delay = 0 secs
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100

ssl = yes
ssl_cert = <${folder}/tls/${identity}.crt
ssl_key = <${folder}/tls/${identity}.key
ssl_min_protocol = ${highestTls === 'TLSv1.1' ? 'TLSv1' : 'TLSv1.2'}
ssl_cipher_list = ${highestTls === 'TLSv1.1' ? 'ALL:@SECLEVEL=0' : 'DEFAULT'}
${Object.entries(identitiesByAddress)
  .map(([address, file]) => `local ${address} {\n  ssl_cert = <${folder}/tls/${file}.crt\n  ssl_key = <${folder}/tls/${file}.key\n}`)
  .join('\n')}

${
  services
    ? `passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/${name}.oauth2
}`
    : ''
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u ${folder}/users
  default_fields = uid=${user} gid=${group} home=${folder}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Processed {
    auto = subscribe
  }
}

# Not root, so nothing can be locked into a folder.
service anvil {
  chroot =
  # Failed logins would make every later one wait.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service auth {
  chroot =
${services ? `  inet_listener {\n    address = 127.0.0.1\n    port = ${services.authentication}\n  }` : ''}
}
service pop3-login {
  chroot =
  service_count = 0
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = ${ports.pop3s}
    ssl = yes
  }
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
${
  services
    ? `service lmtp {
  user = ${user}
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${services.lmtp}
  }
}
protocol lmtp {
  auth_username_format = %u
}`
    : ''
}
`;
}

/** Dovecot has a lowest TLS version and no highest; OpenSSL's own configuration gives it one. */
export function openSslConfiguration(highest: 'TLSv1.1' | 'TLSv1.2'): string {
  return `openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = versions
[versions]
MinProtocol = ${highest === 'TLSv1.1' ? 'TLSv1' : highest}
MaxProtocol = ${highest}
CipherString = ${highest === 'TLSv1.1' ? 'ALL:@SECLEVEL=0' : 'DEFAULT:@SECLEVEL=2'}
`;
}

/** Whom Dovecot asks what an access token opens (RFC 7662): a provider that tests start at that port. */
export function introspectionConfiguration(port: number): string {
  return `introspection_mode = post
introspection_url = http://resource:resource-secret@127.0.0.1:${port}/token/introspection
username_attribute = username
active_attribute = active
active_value = true
timeout_msecs = 5000
`;
}
