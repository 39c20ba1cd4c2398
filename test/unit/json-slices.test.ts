import fc from 'fast-check';
import { elementsOf, membersOf } from '../../src/client/json-slices';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';

describe('slices of JSON text', () => {
  it.each(AWKWARD_JSON_TEXTS)('finds %j as it was written, as a member and as an element', (text) => {
    const members = membersOf(` {"a":1 , "data" :${text},"z":[{"data":0}]} `);
    expect([...members.keys()]).toEqual(['a', 'data', 'z']);
    expect(members.get('data')).toBe(text.trim());
    expect(elementsOf(`[${text},0,${text}]`)).toEqual([text.trim(), '0', text.trim()]);
  });

  it('finds nothing in what is empty', () => {
    expect(elementsOf(' [ ] ')).toEqual([]);
    expect(membersOf(' { } ').size).toBe(0);
  });

  it('finds what JSON.parse finds, in any JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (values, indent) => {
        const list = JSON.stringify(values, null, indent);
        expect(elementsOf(list).map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(list));
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        const parsed = new Map(
          [...membersOf(text)].map(([key, value]) => [key, JSON.parse(value) as unknown]),
        );
        expect(parsed).toEqual(new Map(Object.entries(JSON.parse(text) as object)));
      }),
    );
  });
});
