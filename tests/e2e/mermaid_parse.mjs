// Reads Mermaid files with the real parser; says of each what it is, and fails with one that is none.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const dom = new JSDOM("");
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const mermaid = (await import("mermaid")).default;
for (const name of process.argv.slice(2)) {
  try {
    console.log(name, (await mermaid.parse(readFileSync(name, "utf8"))).diagramType);
  } catch (error) {
    console.log(name, error.message);
    process.exitCode = 1;
  }
}
