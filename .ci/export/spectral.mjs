// Lints a document with the rules `spectral:oas`, references left as they are: node spectral.mjs DOCUMENT
//
// The command resolves all references before it lints, and then visits every path through the result, of which the whole document has
// ten million. Three rules need the references: two judge examples, and are tried on parts by the command; one counts what is unused.
import { readFileSync } from 'node:fs';
import spectralCore from '@stoplight/spectral-core';
import parsers from '@stoplight/spectral-parsers';
import rulesets from '@stoplight/spectral-rulesets';
import resolver from '@stoplight/json-ref-resolver';

const path = process.argv[2];
const spectral = new spectralCore.Spectral({ resolver: new resolver.Resolver({ dereferenceInline: false }) });
spectral.setRuleset({
    extends: [rulesets.oas],
    rules: { 'info-contact': 'off', 'oas3-unused-component': 'off', 'oas3-valid-media-example': 'off', 'oas3-valid-schema-example': 'off' },
});
const problems = await spectral.run(new spectralCore.Document(readFileSync(path, 'utf8'), parsers.Json, path));
const errors = problems.filter((problem) => problem.severity === 0);
const counts = new Map();
for (const { code, severity } of problems) {
    const key = `${severity === 0 ? 'error' : 'warning'} ${code}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
}
console.log(`${path}: ${errors.length} errors, ${problems.length - errors.length} warnings`);
for (const [key, count] of counts) {
    console.log(`- ${key}: ${count}`);
}
for (const { code, message, path } of errors.slice(0, 20)) {
    console.log(`  ${code} at ${path.join('/')}: ${message}`);
}
process.exitCode = errors.length ? 1 : 0;
