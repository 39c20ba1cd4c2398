import type { RequestHandler } from 'express';
import { pageHeaders, sourceOfStyle } from '../page-headers';
import { openApiDocument } from './document';
import { referencePage } from './page/page';
import { STYLE } from './page/style';

/** The description of the API, as it is sent: bytes that all answers share. */
export interface Reference {
  readonly json: Buffer;
  readonly page: Buffer;
  readonly pageHeaders: RequestHandler;
}

/** Makes it. Takes some 100 ms, which is why it is done once, when it is first asked for. */
export function makeReference(): Reference {
  const document = openApiDocument();
  return {
    json: Buffer.from(JSON.stringify(document)),
    page: Buffer.from(referencePage(document)),
    pageHeaders: pageHeaders({ styleSrc: [sourceOfStyle(STYLE)] }),
  };
}
