// Tokens that Visual Studio Code would make, by its own libraries.
// usage: node tokens.mjs GRAMMAR MODULES < {"name": "text", ...}
// Prints {"name": [{"depth": of the scopes open at the line's begin, "tokens": [[begin, end, scopes]]}]}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [grammarPath, modules] = process.argv.slice(2);
const require = createRequire(modules + "/");
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");
await oniguruma.loadWASM(readFileSync(modules + "/vscode-oniguruma/release/onig.wasm").buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarPath, "utf8"), grammarPath),
});
const grammar = await registry.loadGrammar("source.weft");

const out = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  let state = textmate.INITIAL;
  out[name] = text.split("\n").map((line) => {
    const depth = state.depth;
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    const tokens = result.tokens.map((t) => [t.startIndex, t.endIndex, t.scopes.slice(1)]);
    return { depth, tokens };
  });
}
process.stdout.write(JSON.stringify(out));
