import { type Found, lookupSlots, NameLookups } from '../../src/delivery/name-lookups';
import { ManualClock } from '../support/manual-clock';

const at = (address: string) => [{ address, family: 4 }];
const failure = Object.assign(new Error('no'), { code: 'EAI_AGAIN' });

/** A resolver that answers when the test does. */
class Scene {
  readonly clock = new ManualClock();
  /** The names whose lookups are under way, in the order in which they began. */
  readonly underWay: string[] = [];
  readonly #callbacks: Found[] = [];
  readonly #names: NameLookups;

  constructor(slots: number) {
    const { clock } = this;
    this.#names = new NameLookups({
      slots,
      clock,
      resolve: (hostname, _options, callback) => {
        this.underWay.push(hostname);
        this.#callbacks.push(callback);
      },
    });
  }

  /** Asks for each name; answers, as `name address` or `name code`, go to the list that is returned. */
  ask(...names: string[]): string[] {
    const heard: string[] = [];
    for (const name of names) this.askOne(name, heard);
    return heard;
  }

  askOne(name: string, heard: string[] = []): () => void {
    return this.#names.ask(name, { all: true }, (error, [first]) => {
      heard.push(`${name} ${error ? error.code : first?.address}`);
    });
  }

  /** Ends the lookup of a name that is under way. */
  end(name: string, address: string | null = '192.0.2.1'): void {
    const index = this.underWay.indexOf(name);
    this.underWay.splice(index, 1);
    const [callback] = this.#callbacks.splice(index, 1);
    if (address === null) callback?.(failure, []);
    else callback?.(null, at(address));
  }

  /** Makes names known as ones that are found quickly. */
  makeKnown(...names: string[]): void {
    for (const name of names) {
      this.ask(name);
      this.end(name);
    }
  }
}

const names = (count: number, prefix = 'hang') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const nextTick = () => new Promise((resolve) => process.nextTick(resolve));

describe('lookups of names', () => {
  it('are one per name at a time, for all who ask meanwhile', () => {
    const scene = new Scene(8);
    const heard = scene.ask('a', 'a', 'b', 'a');
    expect(scene.underWay).toEqual(['a', 'b']);
    scene.end('a');
    expect(heard).toEqual(['a 192.0.2.1', 'a 192.0.2.1', 'a 192.0.2.1']);
    scene.end('b', null);
    expect(heard.slice(3)).toEqual(['b EAI_AGAIN']);
    scene.ask('a');
    expect(scene.underWay).toEqual(['a']);
  });

  it('take half of the places at most while nothing is known of their names; the others wait', () => {
    const scene = new Scene(8);
    const heard = scene.ask(...names(6));
    expect(scene.underWay).toEqual(names(4));
    scene.end('hang1', null);
    expect(scene.underWay).toEqual(['hang0', 'hang2', 'hang3', 'hang4']);
    expect(heard).toEqual(['hang1 EAI_AGAIN']);
  });

  it('begin at once for names that were found quickly, and leave a place to others of the process', () => {
    const scene = new Scene(8);
    scene.makeKnown(...names(8, 'good'));
    scene.clock.advance(60_000);
    scene.ask(...names(20), ...names(8, 'good'));
    expect(scene.underWay).toEqual([...names(4), 'good0', 'good1', 'good2']);
    scene.end('hang0', null);
    expect(scene.underWay.slice(3)).toEqual(names(4, 'good'));
  });

  it('are not waited for, where none can begin, by names that were found within the last minute', async () => {
    const scene = new Scene(8);
    scene.makeKnown(...names(7, 'good'), 'other');
    scene.ask(...names(7, 'good'));
    scene.clock.advance(59_999);
    const heard = scene.ask('other');
    expect(heard).toEqual([]);
    await nextTick();
    expect(heard).toEqual(['other 192.0.2.1']);
    scene.clock.advance(1);
    const later = scene.ask('other');
    await nextTick();
    expect(later).toEqual([]);
    scene.end('good0', null);
    scene.end('other', '192.0.2.2');
    expect(later).toEqual(['other 192.0.2.2']);
  });

  it('begin for localhost in any case', () => {
    const scene = new Scene(8);
    scene.ask(...names(5), 'localhost', 'localhost');
    expect(scene.underWay).toEqual([...names(4), 'localhost']);
  });

  it.each([
    ['found', '192.0.2.1'],
    ['not found', null],
  ])('take a quarter of the places for names that were slow, and %s', (_what, address) => {
    const scene = new Scene(8);
    scene.ask(...names(4));
    scene.clock.advance(1001);
    for (const name of names(4)) scene.end(name, address);
    scene.ask(...names(4), 'new');
    expect(scene.underWay).toEqual(['hang0', 'hang1', 'new']);
    // Once it is quick it is like the others.
    scene.end('hang0');
    scene.ask('hang0');
    expect(scene.underWay).toEqual(['hang1', 'new', 'hang2', 'hang0']);
  });

  it('do not begin when nobody waits for them any more', () => {
    const scene = new Scene(2);
    const heard: string[] = [];
    const withdraw = [scene.askOne('a', heard), scene.askOne('b', heard), scene.askOne('b', heard)];
    const withdrawC = scene.askOne('c', heard);
    withdraw[0]?.();
    withdraw[1]?.();
    withdrawC();
    scene.end('a');
    expect(scene.underWay).toEqual(['b']);
    withdraw[2]?.();
    scene.end('b');
    expect(heard).toEqual([]);
    scene.ask('c');
    expect(scene.underWay).toEqual(['c']);
  });

  it('have no bound where none is given', () => {
    const scene = new Scene(Infinity);
    scene.ask(...names(100));
    expect(scene.underWay).toHaveLength(100);
  });
});

it.each([
  [undefined, 32],
  ['64', 32],
  ['4', 2],
  ['5', 3],
  ['1', 1],
  ['0', 1],
  ['', 1],
  ['-3', 1],
  ['x', 1],
  ['9999', 512],
])('of UV_THREADPOOL_SIZE=%s threads, names have %i', (threads, slots) => {
  expect(lookupSlots(threads)).toBe(slots);
});
