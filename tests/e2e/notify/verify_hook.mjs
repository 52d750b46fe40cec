// Checks a delivered hook with the verifier that receivers use.
// usage: node verify_hook.mjs SECRET < {"headers": {...}, "body": "..."}     exit 0: good, 1: not
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const hook = JSON.parse(readFileSync(0, "utf8"));
try {
  new Webhook(process.argv[2]).verify(hook.body, hook.headers);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
