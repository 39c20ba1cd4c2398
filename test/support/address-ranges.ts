/** The addresses at the borders of a CIDR range; `before` and `after` are null where the address space ends. */
export interface RangeEdges {
  readonly before: string | null;
  readonly first: string;
  readonly second: string;
  readonly middle: string;
  readonly beforeLast: string;
  readonly last: string;
  readonly after: string | null;
  contains(address: string): boolean;
}

/** Arithmetic on whole numbers, so that it shares nothing with what it tests. */
export function edgesOf(range: string): RangeEdges {
  const [network = '', prefix] = range.split('/');
  const bits = network.includes(':') ? 128 : 32;
  const first = addressNumber(network);
  const size = 1n << BigInt(bits - Number(prefix));
  const last = first + size - 1n;
  const text = (value: bigint) => addressText(value, bits);
  return {
    before: first === 0n ? null : text(first - 1n),
    first: text(first),
    second: text(size > 1n ? first + 1n : first),
    middle: text(first + size / 2n),
    beforeLast: text(size > 1n ? last - 1n : last),
    last: text(last),
    after: last === (1n << BigInt(bits)) - 1n ? null : text(last + 1n),
    contains: (address) => {
      if (address.includes(':') !== (bits === 128)) return false;
      const value = addressNumber(address);
      return value >= first && value <= last;
    },
  };
}

/** IPv6 without compression. */
export function addressText(value: bigint, bits: number): string {
  const width = bits === 32 ? 8 : 16;
  const parts: string[] = [];
  for (let shift = bits - width; shift >= 0; shift -= width) {
    parts.push(((value >> BigInt(shift)) & ((1n << BigInt(width)) - 1n)).toString(bits === 32 ? 10 : 16));
  }
  return parts.join(bits === 32 ? '.' : ':');
}

function addressNumber(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
  }
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
