// Starts the reference with the document, the address and the key of this emulator.

const read = async (path) => (await fetch(`/emulator/${path}`)).json();
const [about, served, smallest] = await Promise.all([read(''), read('openapi.json'), read('ui/examples.json')]);
document.getElementById('waiting').remove();

// Each example request should succeed: the smallest valid body, or a more readable one.
const READABLE = {
  AssistantController_create: { name: 'Ada', firstMessage: 'Hello! How can I help you?' },
  CallController_create: { assistant: { name: 'Ada', firstMessage: 'Hello!' }, customer: { number: '+15555550123' } },
};
for (const operation of Object.values(served.paths).flatMap((path) => Object.values(path))) {
  const body = operation?.requestBody?.content?.['application/json'];
  const example = READABLE[operation?.operationId] ?? smallest[operation?.operationId];
  if (body && example !== undefined && !body.example && !body.examples) body.example = example;
}

const schemes = Object.entries(served.components?.securitySchemes ?? {}).filter(([, scheme]) => scheme.type === 'http' && scheme.scheme === 'bearer');

window.Scalar.createApiReference('#reference', {
  content: served,
  servers: [{ url: location.origin, description: 'vapi-emulator' }],
  authentication: {
    preferredSecurityScheme: schemes[0]?.[0],
    securitySchemes: Object.fromEntries(schemes.map(([name]) => [name, { token: about.key }])),
  },
  hideModels: true,
  persistAuth: false,
  // No request leaves this machine: no external fonts, statistics, assistants or proxies.
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: '',
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  documentDownloadType: 'none',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  defaultOpenAllTags: false,
});
