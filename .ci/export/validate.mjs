// Validates documents with @apidevtools/swagger-parser: node validate.mjs DOCUMENT...
import SwaggerParser from '@apidevtools/swagger-parser';

for (const path of process.argv.slice(2)) {
    const document = await SwaggerParser.validate(path);
    console.log(`${path}: valid OpenAPI ${document.openapi}`);
}
