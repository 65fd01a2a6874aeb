import type { Endpoint, OAuthHint, Provider, ProviderAuthentication } from './provider.js';

const tls = (host: string, port: number): Endpoint => ({ host, port, security: 'TLS' });
const startTls = (host: string, port: number): Endpoint => ({ host, port, security: 'STARTTLS' });

type Servers = Pick<Provider, 'smtp' | 'imap' | 'pop3'>;

/** IMAP 993, POP3 995 and SMTP 465, all with TLS from the start: what most providers have. */
function usual(smtp: string, imap: string | null, pop3: string | null): Servers {
  return { smtp: [tls(smtp, 465)], imap: imap === null ? [] : [tls(imap, 993)], pop3: pop3 === null ? [] : [tls(pop3, 995)] };
}

/** The same, and SMTP on 587 with STARTTLS as well. */
function usualAnd587(smtp: string, imap: string | null, pop3: string | null): Servers {
  return { ...usual(smtp, imap, pop3), smtp: [tls(smtp, 465), startTls(smtp, 587)] };
}

function provider(id: string, name: string, domains: readonly string[], servers: Servers, more: Partial<Provider> = {}): Provider {
  return {
    id,
    name,
    domains,
    ...servers,
    microsoftGraph: false,
    authentication: ['PASSWORD'],
    userId: 'address',
    oauth: null,
    documentationUrl: null,
    notes: [],
    ...more,
  };
}

const appPassword: readonly ProviderAuthentication[] = ['APP_PASSWORD'];
const appPasswordOrOAuth: readonly ProviderAuthentication[] = ['OAUTH2', 'APP_PASSWORD'];
const localPart = { userId: 'local-part' } as const;
const needsAppPassword = 'Sign in with an app password, which the account page makes once two-step verification is on.';
const switchOn = 'Access by mail programs must be switched on in the account settings first.';

const microsoft: OAuthHint = {
  authorizationEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize',
  tokenEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
  scopes: {
    smtp: ['https://outlook.office.com/SMTP.Send', 'offline_access'],
    imap: ['https://outlook.office.com/IMAP.AccessAsUser.All', 'offline_access'],
    pop3: ['https://outlook.office.com/POP.AccessAsUser.All', 'offline_access'],
    microsoftGraph: ['https://graph.microsoft.com/Mail.ReadWrite', 'https://graph.microsoft.com/Mail.Send', 'offline_access'],
  },
};
const google: OAuthHint = {
  authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenEndpoint: 'https://oauth2.googleapis.com/token',
  scopes: { smtp: ['https://mail.google.com/'], imap: ['https://mail.google.com/'], pop3: ['https://mail.google.com/'] },
};
const yahoo = (host: string): OAuthHint => ({
  authorizationEndpoint: `https://${host}/oauth2/request_auth`,
  tokenEndpoint: `https://${host}/oauth2/get_token`,
  scopes: { smtp: ['mail-w'], imap: ['mail-w'], pop3: ['mail-w'] },
});

/** Providers of mailboxes. */
export const mailboxProviders: readonly Provider[] = [
  provider('google', 'Google (Gmail, Workspace)', ['gmail.com', 'googlemail.com'], usual('smtp.gmail.com', 'imap.gmail.com', 'pop.gmail.com'), {
    authentication: appPasswordOrOAuth,
    oauth: google,
    documentationUrl: 'https://developers.google.com/workspace/gmail/imap/imap-smtp',
    notes: [needsAppPassword, 'At most about 15 IMAP connections an account.'],
  }),
  provider(
    'microsoft-365',
    'Microsoft 365 (Exchange Online)',
    [],
    { smtp: [startTls('smtp.office365.com', 587)], imap: [tls('outlook.office365.com', 993)], pop3: [tls('outlook.office365.com', 995)] },
    {
      microsoftGraph: true,
      authentication: ['OAUTH2'],
      oauth: microsoft,
      documentationUrl: 'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission',
      notes: ['IMAP and POP3 take OAuth 2.0 alone; SMTP with a password is being switched off from December 2026. Microsoft Graph is the way ahead.'],
    },
  ),
  provider(
    'outlook-com',
    'Outlook.com (Hotmail, Live, MSN)',
    ['outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'outlook.de', 'outlook.fr', 'hotmail.co.uk', 'hotmail.de', 'hotmail.fr'],
    { smtp: [startTls('smtp-mail.outlook.com', 587)], imap: [tls('outlook.office365.com', 993)], pop3: [tls('outlook.office365.com', 995)] },
    {
      microsoftGraph: true,
      authentication: ['OAUTH2'],
      oauth: microsoft,
      documentationUrl: 'https://support.microsoft.com/office/8361e398-8af4-4e97-b147-6c6c4ac95353',
      notes: ['Access by POP3 and IMAP must be switched on in the account settings first.', 'Passwords are not taken: OAuth 2.0 or Microsoft Graph alone.'],
    },
  ),
  provider(
    'yahoo',
    'Yahoo Mail',
    ['yahoo.com', 'yahoo.co.uk', 'yahoo.de', 'yahoo.fr', 'ymail.com', 'rocketmail.com'],
    usual('smtp.mail.yahoo.com', 'imap.mail.yahoo.com', 'pop.mail.yahoo.com'),
    {
      authentication: appPasswordOrOAuth,
      oauth: yahoo('api.login.yahoo.com'),
      documentationUrl: 'https://help.yahoo.com/kb/SLN4075.html',
      notes: [needsAppPassword],
    },
  ),
  provider('aol', 'AOL Mail', ['aol.com', 'aim.com'], usual('smtp.aol.com', 'imap.aol.com', 'pop.aol.com'), {
    authentication: appPasswordOrOAuth,
    oauth: yahoo('api.login.aol.com'),
    notes: [needsAppPassword],
  }),
  provider('yahoo-japan', 'Yahoo! Japan', ['yahoo.co.jp'], usual('smtp.mail.yahoo.co.jp', null, 'pop.mail.yahoo.co.jp'), { ...localPart, notes: [switchOn] }),
  provider(
    'icloud',
    'iCloud Mail',
    ['icloud.com', 'me.com', 'mac.com'],
    { smtp: [startTls('smtp.mail.me.com', 587)], imap: [tls('imap.mail.me.com', 993)], pop3: [] },
    {
      authentication: appPassword,
      documentationUrl: 'https://support.apple.com/102525',
      notes: [needsAppPassword, 'IMAP wants the part before the @ as user ID, SMTP the whole address.'],
    },
  ),
  provider('zoho', 'Zoho Mail', ['zoho.com', 'zohomail.com'], usualAnd587('smtp.zoho.com', 'imap.zoho.com', 'pop.zoho.com'), {
    authentication: ['PASSWORD', 'APP_PASSWORD'],
    documentationUrl: 'https://www.zoho.com/mail/help/imap-access.html',
    notes: ['Accounts of organisations use imappro.zoho.com, poppro.zoho.com and smtppro.zoho.com.', switchOn],
  }),
  provider('zoho-eu', 'Zoho Mail (Europe)', ['zoho.eu'], usualAnd587('smtp.zoho.eu', 'imap.zoho.eu', 'pop.zoho.eu'), {
    authentication: ['PASSWORD', 'APP_PASSWORD'],
    notes: [switchOn],
  }),
  provider('zoho-in', 'Zoho Mail (India)', ['zoho.in'], usualAnd587('smtp.zoho.in', 'imap.zoho.in', 'pop.zoho.in'), {
    authentication: ['PASSWORD', 'APP_PASSWORD'],
    notes: [switchOn],
  }),
  provider('zoho-au', 'Zoho Mail (Australia)', ['zoho.com.au'], usualAnd587('smtp.zoho.com.au', 'imap.zoho.com.au', 'pop.zoho.com.au'), {
    authentication: ['PASSWORD', 'APP_PASSWORD'],
    notes: [switchOn],
  }),
  provider('zoho-jp', 'Zoho Mail (Japan)', ['zoho.jp'], usualAnd587('smtp.zoho.jp', 'imap.zoho.jp', 'pop.zoho.jp'), {
    authentication: ['PASSWORD', 'APP_PASSWORD'],
    notes: [switchOn],
  }),
  provider('fastmail', 'Fastmail', ['fastmail.com', 'fastmail.fm'], usual('smtp.fastmail.com', 'imap.fastmail.com', 'pop.fastmail.com'), {
    authentication: appPassword,
    documentationUrl: 'https://www.fastmail.com/help/technical/servernamesandports.html',
    notes: ['Sign in with an app password, which the settings make.'],
  }),
  provider(
    'gmx-net',
    'GMX (Germany, Austria, Switzerland)',
    ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch'],
    usualAnd587('mail.gmx.net', 'imap.gmx.net', 'pop.gmx.net'),
    { notes: [switchOn] },
  ),
  provider('gmx-com', 'GMX (international)', ['gmx.com', 'gmx.us', 'gmx.co.uk'], usualAnd587('mail.gmx.com', 'imap.gmx.com', 'pop.gmx.com'), {
    notes: [switchOn],
  }),
  provider('web-de', 'WEB.DE', ['web.de'], usualAnd587('smtp.web.de', 'imap.web.de', 'pop3.web.de'), { ...localPart, notes: [switchOn] }),
  provider('mail-com', 'mail.com', ['mail.com', 'email.com'], usualAnd587('smtp.mail.com', 'imap.mail.com', 'pop.mail.com'), {
    notes: ['Mail programs need a paid plan.'],
  }),
  provider(
    't-online',
    'T-Online (Telekom)',
    ['t-online.de', 'magenta.de'],
    usualAnd587('securesmtp.t-online.de', 'secureimap.t-online.de', 'securepop.t-online.de'),
    {
      notes: ['Sign in with the separate email password, not with that of the customer centre.'],
    },
  ),
  provider('ionos', 'IONOS (1&1)', ['online.de', 'onlinehome.de'], usualAnd587('smtp.1und1.de', 'imap.1und1.de', 'pop.1und1.de')),
  provider('strato', 'STRATO', [], usualAnd587('smtp.strato.de', 'imap.strato.de', 'pop3.strato.de')),
  provider('hetzner', 'Hetzner', [], usual('mail.your-server.de', 'mail.your-server.de', null)),
  provider('posteo', 'Posteo', ['posteo.de', 'posteo.net', 'posteo.org'], {
    smtp: [tls('posteo.de', 465), startTls('posteo.de', 587)],
    imap: [tls('posteo.de', 993), startTls('posteo.de', 143)],
    pop3: [tls('posteo.de', 995), startTls('posteo.de', 110)],
  }),
  provider('orange-fr', 'Orange (France)', ['orange.fr', 'wanadoo.fr'], usual('smtp.orange.fr', 'imap.orange.fr', 'pop.orange.fr')),
  provider('free-fr', 'Free (France)', ['free.fr'], usual('smtp.free.fr', 'imap.free.fr', 'pop.free.fr'), localPart),
  provider('laposte-net', 'La Poste', ['laposte.net'], usual('smtp.laposte.net', 'imap.laposte.net', 'pop.laposte.net'), localPart),
  provider('ovh', 'OVHcloud', [], usual('ssl0.ovh.net', 'ssl0.ovh.net', 'ssl0.ovh.net')),
  provider('gandi', 'Gandi', [], {
    smtp: [tls('mail.gandi.net', 465), startTls('mail.gandi.net', 587)],
    imap: [tls('mail.gandi.net', 993), startTls('mail.gandi.net', 143)],
    pop3: [tls('mail.gandi.net', 995), startTls('mail.gandi.net', 110)],
  }),
  provider('libero', 'Libero', ['libero.it', 'inwind.it', 'iol.it', 'blu.it', 'giallo.it'], usual('smtp.libero.it', 'imapmail.libero.it', 'popmail.libero.it')),
  provider('tim', 'TIM (Italy)', ['tim.it'], {
    smtp: [startTls('smtp.tim.it', 587)],
    imap: [startTls('imap.tim.it', 143)],
    pop3: [startTls('pop.tim.it', 110)],
  }),
  provider('seznam', 'Seznam', ['seznam.cz', 'email.cz', 'post.cz'], usual('smtp.seznam.cz', 'imap.seznam.cz', 'pop3.seznam.cz')),
  provider('wp-pl', 'Wirtualna Polska', ['wp.pl'], usual('smtp.wp.pl', 'imap.wp.pl', 'pop3.wp.pl'), { ...localPart, notes: [switchOn] }),
  provider('o2-pl', 'o2 (Poland)', ['o2.pl', 'tlen.pl'], usual('poczta.o2.pl', 'poczta.o2.pl', 'poczta.o2.pl'), { ...localPart, notes: [switchOn] }),
  provider('onet-pl', 'Onet Poczta', ['onet.pl', 'op.pl', 'poczta.onet.pl'], usual('smtp.poczta.onet.pl', 'imap.poczta.onet.pl', 'pop3.poczta.onet.pl'), {
    notes: [switchOn],
  }),
  provider('mail-ru', 'Mail.ru', ['mail.ru', 'inbox.ru', 'bk.ru', 'list.ru', 'internet.ru'], usualAnd587('smtp.mail.ru', 'imap.mail.ru', 'pop.mail.ru'), {
    authentication: appPasswordOrOAuth,
    oauth: {
      authorizationEndpoint: 'https://o2.mail.ru/login',
      tokenEndpoint: 'https://o2.mail.ru/token',
      scopes: { smtp: ['mail.imap'], imap: ['mail.imap'], pop3: ['mail.imap'] },
    },
    notes: [needsAppPassword],
  }),
  provider(
    'yandex',
    'Yandex Mail',
    ['yandex.com', 'yandex.ru', 'ya.ru', 'yandex.by', 'yandex.kz'],
    usual('smtp.yandex.com', 'imap.yandex.com', 'pop.yandex.com'),
    {
      authentication: appPasswordOrOAuth,
      oauth: {
        authorizationEndpoint: 'https://oauth.yandex.com/authorize',
        tokenEndpoint: 'https://oauth.yandex.com/token',
        scopes: { smtp: ['mail:smtp'], imap: ['mail:imap_full'], pop3: ['mail:imap_full'] },
      },
      notes: [needsAppPassword, switchOn],
    },
  ),
  provider('qq', 'QQ Mail', ['qq.com', 'foxmail.com'], usual('smtp.qq.com', 'imap.qq.com', null), {
    authentication: appPassword,
    notes: ['Sign in with an authorization code, which the settings make, in place of the password.'],
  }),
  provider('qq-enterprise', 'QQ Mail for companies (Tencent Exmail)', [], usual('smtp.exmail.qq.com', 'imap.exmail.qq.com', null), {
    authentication: appPassword,
    notes: ['Sign in with an authorization code, which the settings make, in place of the password.'],
  }),
  provider('netease-163', 'NetEase 163', ['163.com'], usual('smtp.163.com', 'imap.163.com', null), {
    authentication: appPassword,
    notes: ['Sign in with an authorization code. The IMAP server answers after the client has sent an ID command alone.'],
  }),
  provider('netease-126', 'NetEase 126', ['126.com'], usual('smtp.126.com', 'imap.126.com', null), {
    authentication: appPassword,
    notes: ['Sign in with an authorization code. The IMAP server answers after the client has sent an ID command alone.'],
  }),
  provider('alibaba-mail', 'Alibaba Mail (Singapore)', [], usual('smtp.sg.aliyun.com', 'imap.sg.aliyun.com', null), {
    notes: ['Other regions have hosts of their own.'],
  }),
  provider(
    'proton',
    'Proton Mail',
    ['proton.me', 'protonmail.com', 'pm.me', 'protonmail.ch'],
    { smtp: [startTls('smtp.protonmail.ch', 587)], imap: [], pop3: [] },
    {
      authentication: appPassword,
      notes: [
        'Sending takes an SMTP token, which paid plans make for addresses of domains of their own.',
        'Mailboxes are read through Proton Mail Bridge alone: a program beside Postledger that listens on 127.0.0.1 and has a certificate of its own.',
      ],
    },
  ),
  provider('lark', 'Lark Mail', [], usual('smtp.larksuite.com', 'imap.larksuite.com', null)),
  provider('naver', 'Naver Mail', ['naver.com'], usual('smtp.naver.com', 'imap.naver.com', 'pop.naver.com'), {
    authentication: appPassword,
    notes: [needsAppPassword, switchOn],
  }),
  provider('daum', 'Daum Mail', ['daum.net', 'hanmail.net'], usual('smtp.daum.net', 'imap.daum.net', null), {
    authentication: appPassword,
    notes: [needsAppPassword, switchOn],
  }),
  provider('rediff', 'Rediffmail', ['rediffmail.com'], usual('smtp.rediffmail.com', null, 'pop.rediffmail.com')),
  provider(
    'uol',
    'UOL (Brazil)',
    ['uol.com.br', 'bol.com.br'],
    { smtp: [startTls('smtps.uol.com.br', 587)], imap: [tls('imap.uol.com.br', 993)], pop3: [tls('pop3.uol.com.br', 995)] },
    localPart,
  ),
  provider('comcast', 'Comcast Xfinity', ['comcast.net'], usualAnd587('smtp.comcast.net', 'imap.comcast.net', 'mail.comcast.net'), { notes: [switchOn] }),
  provider('att', 'AT&T Mail', ['att.net', 'sbcglobal.net', 'bellsouth.net'], usual('smtp.mail.att.net', 'imap.mail.att.net', 'inbound.att.net'), {
    authentication: appPassword,
    notes: ['Sign in with a secure mail key, which the account page makes, in place of the password.'],
  }),
  provider('telstra', 'Telstra (BigPond)', ['bigpond.com', 'bigpond.net.au', 'telstra.com'], usual('smtp.telstra.com', 'imap.telstra.com', 'pop.telstra.com')),
  provider('godaddy', 'GoDaddy Workspace Email', [], usual('smtpout.secureserver.net', 'imap.secureserver.net', 'pop.secureserver.net')),
  provider('rackspace', 'Rackspace Email', [], usual('secure.emailsrvr.com', 'secure.emailsrvr.com', null)),
  provider('aws-workmail-us-east-1', 'Amazon WorkMail (us-east-1)', [], usual('smtp.mail.us-east-1.awsapps.com', 'imap.mail.us-east-1.awsapps.com', null)),
  provider('aws-workmail-us-west-2', 'Amazon WorkMail (us-west-2)', [], usual('smtp.mail.us-west-2.awsapps.com', 'imap.mail.us-west-2.awsapps.com', null)),
  provider('aws-workmail-eu-west-1', 'Amazon WorkMail (eu-west-1)', [], usual('smtp.mail.eu-west-1.awsapps.com', 'imap.mail.eu-west-1.awsapps.com', null)),
];
