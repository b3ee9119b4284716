// Starts the reference: the document from here, requests to here, with the key that works here.

const read = async (path) => (await fetch(`/emulator/${path}`)).json();
const [about, served, smallest] = await Promise.all([read(''), read('openapi.json'), read('ui/examples.json')]);
document.getElementById('waiting').remove();

// A request that is sent as it is shown should succeed: the smallest that the document allows, or a little more.
const FRIENDLIER = {
  AssistantController_create: { name: 'Ada', firstMessage: 'Hello! How can I help you?' },
  CallController_create: { assistant: { name: 'Ada', firstMessage: 'Hello!' }, customer: { number: '+15555550123' } },
};
for (const operation of Object.values(served.paths).flatMap((path) => Object.values(path))) {
  const body = operation?.requestBody?.content?.['application/json'];
  const example = FRIENDLIER[operation?.operationId] ?? smallest[operation?.operationId];
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
  // Nothing leaves this machine: no fonts, statistics or assistants from elsewhere, no proxy in between.
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
