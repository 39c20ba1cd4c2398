import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, HeraldError, StartupError, StoreUnavailableError } from '../../src/errors';

describe('docs/errors.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it('has one row for every error code, with its status and in the order of the registry', () => {
    const documented = rows.map(([code = '', status]) => [code.replaceAll('`', ''), Number(status)]);
    expect(documented).toEqual(Object.entries(ERROR_CODES));
  });

  it('says of each when it comes and what to change', () => {
    expect(rows.filter((cells) => cells.length !== 4 || cells.includes(''))).toEqual([]);
  });
});

describe('HeraldError', () => {
  it('has the status of its code', () => {
    for (const [code, status] of Object.entries(ERROR_CODES)) {
      expect(new HeraldError(code as keyof typeof ERROR_CODES, 'text').status).toBe(status);
    }
  });

  it('keeps the faults and the cause', () => {
    const cause = new Error('below');
    const faults = [{ path: 'url', message: 'must not be empty' }];
    const error = new HeraldError('invalid_url', 'The URL is empty', faults, { cause });
    expect(error).toMatchObject({ name: 'HeraldError', message: 'The URL is empty', faults, cause });
  });
});

describe('the other errors', () => {
  it('carry their own names', () => {
    expect(new StoreUnavailableError('x').name).toBe('StoreUnavailableError');
    expect(new StartupError('x').name).toBe('StartupError');
  });
});
