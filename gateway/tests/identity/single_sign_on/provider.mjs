// The identity provider of the tests: prints its port, signs in whoever types a name, ends when its input does.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [redirectUri] = process.argv.slice(2);
const names = new Map();
let provider;
const server = createServer((request, response) => provider.callback()(request, response));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      { client_id: 'journeyman', client_secret: 'a-secret-of-the-tests', redirect_uris: [redirectUri] },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false, // claims of the scopes stand in the id token
    cookies: { keys: ['of the tests'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => {
        const name = names.get(id) ?? id;
        return { sub: id, preferred_username: name, email: `${name}@example.com`, email_verified: true };
      },
    }),
  });
  console.log(port);
});
// A line `<subject> <name>` gives a person another name.
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [subject, name] = line.split(' ');
  names.set(subject, name);
  console.log(line);
});
lines.on('close', () => process.exit(0));
