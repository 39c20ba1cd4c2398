import vm from 'node:vm';

const { compileFunction } = vm;

/** What V8 made of a file, by its name. */
const compiled = new Map<string, { readonly text: string; readonly script: vm.Script }>();

/**
 * Each test file loads what it needs anew, in a global scope of its own. What V8 made of the text serves all of them: to
 * compile the same libraries for each took a sixth of the unit tests' time.
 */
function compileOnce(
  text: string,
  parameters: readonly string[] = [],
  options: vm.CompileFunctionOptions = {},
): ReturnType<typeof compileFunction> {
  const { filename, parsingContext } = options;
  const script = parsingContext && filename !== undefined && scriptOf(filename, text, parameters);
  if (!script) return compileFunction(text, parameters, options);
  return script.runInContext(parsingContext) as ReturnType<typeof compileFunction>;
}

function scriptOf(filename: string, text: string, parameters: readonly string[]): vm.Script | undefined {
  const known = compiled.get(filename);
  if (known?.text === text) return known.script;
  const head = `(function (${parameters.join(', ')}) {`;
  try {
    const script = new vm.Script(`${head}${text}\n})`, { filename, columnOffset: -head.length });
    compiled.set(filename, { text, script });
    return script;
  } catch {
    // What cannot be compiled like this is jest's to compile, or to complain of.
    return undefined;
  }
}

// Outside the scope of the tests, once in a process: jest compiles with this function of Node's.
Object.assign(vm, { compileFunction: compileOnce });
