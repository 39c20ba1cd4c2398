/** How a caller shows what it may do. An operation lists the scopes that its token needs. */
export const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A token of your identity provider (`AUTH=jwt`). Its claim `scope` holds `publish:<topic>`, `subscribe:<topic>`, `poll:<url>` and `admin`, separated by spaces; a `*` at the end stands for any ending. `admin` permits everything. `{topic}` and `{url}` in the scopes of an operation stand for the parameters, or the field `url` of the body.',
  },
  subscriberToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'hrld_…',
    description: "The subscriber's own token, which its first subscription answered.",
  },
  signedPush: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'The signature of a push (Standard Webhooks). Only the server itself makes it.',
  },
} as const;
