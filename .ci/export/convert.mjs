// Converts a document with openapi-to-postmanv2 and fails on any warning: node convert.mjs DOCUMENT
import { readFileSync } from 'node:fs';
import converter from 'openapi-to-postmanv2';

const data = readFileSync(process.argv[2], 'utf8');
const options = { folderStrategy: 'Tags', requestParametersResolution: 'Example', exampleParametersResolution: 'Example' };
const warnings = [];
for (const stream of ['warn', 'error']) {
    console[stream] = (...words) => warnings.push(words.join(' '));
}
const count = (items) => items.reduce((sum, item) => sum + (item.item ? count(item.item) : 1), 0);
converter.convert({ type: 'string', data }, options, (error, result) => {
    if (error || !result.result) {
        warnings.push(String(error || result.reason));
    } else {
        console.log(`${count(result.output[0].data.item)} requests`);
    }
    if (warnings.length) {
        process.stderr.write(`${warnings.length} warnings\n${warnings.slice(0, 10).join('\n')}\n`);
        process.exitCode = 1;
    }
});
