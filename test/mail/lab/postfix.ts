/** Postfix, private to a folder, on loopback alone. Its master needs root. */
export interface PostfixInstance {
  /** Absolute, of the whole lab. */
  readonly folder: string;
  readonly domain: string;
  readonly services: { readonly lmtp: number; readonly authentication: number };
  /** Each address with the files of its identity, without ending, in `tls`, and the TLS versions it speaks. */
  readonly servers: readonly { readonly address: string; readonly identity: string; readonly tls: string | null }[];
  readonly ports: { readonly smtp: number; readonly submission: number; readonly smtps: number };
}

export function mainConfiguration({ folder, domain, services }: PostfixInstance): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/postfix-queue
data_directory = ${folder}/postfix-data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = ${folder}/postfix.log
maillog_file_prefixes = ${folder}
mail_owner = postfix
setgid_group = postdrop
alias_maps =
alias_database =
myhostname = mail.${domain}
myorigin = ${domain}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
# What is for the domain goes to Dovecot; nothing leaves the machine.
virtual_mailbox_domains = ${domain}
virtual_transport = lmtp:inet:127.0.0.1:${services.lmtp}
default_transport = error:5.7.1 nothing leaves this mail server
relay_transport = error:5.7.1 nothing leaves this mail server
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${services.authentication}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
# Who logs in may send from an address of their own alone.
smtpd_sender_login_maps = inline:{ { alice@${domain} = alice@${domain} }, { bob@${domain} = bob@${domain} } }
smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch
smtpd_recipient_restrictions = check_recipient_access inline:{ { nobody@${domain} = 550 5.1.1 no such user here } }, permit_sasl_authenticated, reject_unauth_destination
`;
}

export function masterConfiguration({ folder, servers, ports }: PostfixInstance): string {
  const lines = servers.flatMap(({ address, identity, tls }) => {
    const options = [
      `smtpd_tls_cert_file=${folder}/tls/${identity}.crt`,
      `smtpd_tls_key_file=${folder}/tls/${identity}.key`,
      'smtpd_sasl_auth_enable=yes',
      ...(tls === null ? [] : [`smtpd_tls_protocols=${tls}`, `smtpd_tls_mandatory_protocols=${tls}`]),
      ...(tls === '>=TLSv1,<=TLSv1.1' ? ['smtpd_tls_ciphers=low', 'smtpd_tls_mandatory_ciphers=low', 'tls_low_cipherlist=ALL:@SECLEVEL=0'] : []),
    ].map((option) => `-o ${option}`);
    return [
      `${address}:${ports.submission} inet n - n - - smtpd ${options.join(' ')}`,
      `${address}:${ports.smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes ${options.join(' ')}`,
    ];
  });
  return `127.0.0.1:${ports.smtp} inet n - n - - smtpd -o smtpd_tls_security_level=none
${lines.join('\n')}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;
}
