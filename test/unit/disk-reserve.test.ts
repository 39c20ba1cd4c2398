import { DiskReserve, type DiskReserveOptions } from '../../src/store/sqlite/disk-reserve';
import type { Answer, Call } from '../../src/store/sqlite/sqlite-protocol';

const MIB = 1024 * 1024;
const PUT: Call = ['putCopies', []];
const CLAIM: Call = ['claimKey', []];
const MARK: Call = ['markReceived', []];
const PURGE: Call = ['purge', []];

/** What becomes of calls on a disk of so many MiB: `true` for those that were run. */
function outcomesOf(
  calls: readonly Call[],
  { total = 1000, free, freeInFile = 0 }: { total?: number; free: number; freeInFile?: number },
  options: Partial<DiskReserveOptions> = {},
): readonly (boolean | string)[] {
  const reserve = new DiskReserve({
    directory: '/data',
    freeInFile: () => freeInFile * MIB,
    look: () => ({ bsize: 4096, blocks: total * 256, bavail: free * 256 }),
    ...options,
  });
  const ran = reserve.guard(calls, (admitted) => admitted.map(([name]): Answer => [true, name]));
  return ran.map(([isDone, result], n) => (isDone ? result === calls[n]?.[0] : result));
}

const REFUSAL =
  'the disk of /data has less than 16 MiB left, which are kept for acks and deletions; free some space on it';

describe('the last of a disk', () => {
  it('is kept for what makes room: what adds is refused, all else done', () => {
    expect(outcomesOf([PUT, MARK, CLAIM, PURGE], { free: 15 })).toEqual([REFUSAL, true, REFUSAL, true]);
    expect(outcomesOf([PUT], { free: 15 })).toEqual([REFUSAL]);
    expect(outcomesOf([PUT, MARK, CLAIM, PURGE], { free: 16 })).toEqual([true, true, true, true]);
  });

  it('includes what is free within the file, since that is filled first', () => {
    expect(outcomesOf([PUT], { free: 1, freeInFile: 15 })).toEqual([true]);
    expect(outcomesOf([PUT], { free: 1, freeInFile: 14 })).toEqual([REFUSAL]);
  });

  it('is no more than a quarter of a small disk', () => {
    expect(outcomesOf([PUT], { total: 20, free: 5 })).toEqual([true]);
    expect(outcomesOf([PUT], { total: 20, free: 4 })).toEqual([REFUSAL.replace('16', '5')]);
  });

  it('is not looked at for what adds nothing', () => {
    const look = jest.fn();
    expect(outcomesOf([MARK, PURGE], { free: 0 }, { look })).toEqual([true, true]);
    expect(look).not.toHaveBeenCalled();
  });

  it.each<[string, NonNullable<DiskReserveOptions['look']>]>([
    ['says nothing of its size', () => ({ bsize: 4096, blocks: 0, bavail: 0 })],
    [
      'cannot be looked at',
      () => {
        throw new Error('EACCES');
      },
    ],
  ])('is filled where the disk %s', (_name, look) => {
    expect(outcomesOf([PUT, MARK], { free: 0 }, { look })).toEqual([true, true]);
  });
});
