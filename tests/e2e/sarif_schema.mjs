// Holds the SARIF log of its input against the schema of SARIF 2.1.0, which the package
// @microsoft/jest-sarif brings along. Prints what does not fit, a line each; its exit code is 1 then.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const schema = JSON.parse(
  readFileSync(new URL("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json", import.meta.url)),
);

const ajv = new Ajv({ schemaId: "id", meta: false, allErrors: true, logger: false });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
if (!ajv.validate(schema, JSON.parse(readFileSync(0, "utf8")))) {
  for (const error of ajv.errors) {
    console.log(`${error.dataPath || "log"}: ${error.message} ${JSON.stringify(error.params)}`);
  }
  process.exitCode = 1;
}
