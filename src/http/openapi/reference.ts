import type { RequestHandler } from 'express';
import { pageHeaders, sourceOfStyle } from '../page-headers';
import { openApiDocument } from './document';
import { referencePage } from './page/page';
import { STYLE } from './page/style';

/** The description of the API, as it is sent. */
export interface Reference {
  readonly json: string;
  readonly page: string;
  readonly pageHeaders: RequestHandler;
}

/** Makes it. Takes some 100 ms, which is why it is done once, when it is first asked for. */
export function makeReference(): Reference {
  const document = openApiDocument();
  return {
    json: JSON.stringify(document),
    page: referencePage(document),
    pageHeaders: pageHeaders({ styleSrc: [sourceOfStyle(STYLE)] }),
  };
}
