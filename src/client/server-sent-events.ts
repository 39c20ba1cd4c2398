import { textLines } from './text-lines';

export interface ServerSentEvent {
  /** Null unless the event carries one. */
  readonly id: string | null;
  readonly name: string;
  readonly data: string;
}

/** The events of a `text/event-stream` (HTML, section 9.2). What the stream breaks off in the middle of is left out. */
export async function* serverSentEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | null = null;
  let name = 'message';
  let data: string[] = [];
  for await (const line of textLines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { id, name, data: data.join('\n') };
      id = null;
      name = 'message';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'id') id = value;
    else if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
}
