import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SHORTENED } from "../shortened.mjs";

// Tests run in js/.
const [types, protocol] = ["src/messages.ts", "PROTOCOL.md"].map((path) => readFileSync(path, "utf8")) as [string, string];

test("no name of the protocol or of a trait is shortened", () => {
  for (const name of SHORTENED) {
    assert.ok(!new RegExp(`^\\s*${name}\\??:`, "m").test(types), `${name} is in messages.ts`);
    assert.ok(!protocol.includes(`"${name}":`), `${name} is in PROTOCOL.md`);
  }
});
