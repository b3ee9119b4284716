// Starts the reference: the document from here, requests to here, with the key that works here.

const about = await (await fetch('/emulator/page')).json();
const document_ = await (await fetch('/emulator/openapi.json')).json();
document.getElementById('waiting').remove();

const schemes = Object.entries(document_.components?.securitySchemes ?? {}).filter(([, scheme]) => scheme.type === 'http' && scheme.scheme === 'bearer');

window.Scalar.createApiReference('#reference', {
  content: document_,
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
