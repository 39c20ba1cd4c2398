import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** The targets of a document's links to files of this repository. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('the documents', () => {
  it.each(documents)('%s links only to what is there', (name) => {
    for (const target of linksIn(read(name))) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : join(dirname(name), path);
      const isThere = existsSync(join(ROOT, file));
      const hasAnchor = anchor === undefined || (isThere && anchorsIn(read(file)).includes(anchor));
      expect({ target, isThere, hasAnchor }).toEqual({ target, isThere: true, hasAnchor: true });
    }
  });

  it('name only make targets and npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const targets = [...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, target]) => target);
    for (const name of documents) {
      for (const [, target] of read(name).matchAll(/\bmake ([a-z]+-[a-z-]+)/g))
        expect(targets).toContain(target);
      for (const [, script] of read(name).matchAll(/\bnpm run ([a-z-]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
    }
  });

  it('are there wherever the source points to one', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    for (const source of sources.filter((name) => name.endsWith('.ts'))) {
      for (const [file] of read(join('src', source)).matchAll(/docs\/[\w/-]+\.md/g)) {
        expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
      }
    }
  });
});
