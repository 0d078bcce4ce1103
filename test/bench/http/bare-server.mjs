// The reference for the requests: a server with only Express, its body parser and a Map. node bare-server.mjs PORT ADDRESSES
import express from 'express';
import { addressAt, hashOf, mxidAt, PEPPER } from './people.mjs';

const [port, addresses] = [Number(process.argv[2]), Number(process.argv[3])];
const users = new Map();
for (let at = 0; at < addresses; at++) users.set(hashOf(addressAt(at), PEPPER), mxidAt(at));

const app = express();
app.disable('x-powered-by');
app.set('etag', false);
app.use(express.raw({ type: () => true, limit: 1024 * 1024 }));
app.get('/_matrix/identity/v2', (_req, res) => void res.json({}));
app.get('/_matrix/identity/v2/hash_details', (_req, res) => {
  res.json({ lookup_pepper: PEPPER, algorithms: ['sha256', 'none'] });
});
app.post('/_matrix/identity/v2/lookup', (req, res) => {
  const mappings = {};
  for (const hash of JSON.parse(req.body.toString()).addresses) {
    const mxid = users.get(hash);
    if (mxid !== undefined) mappings[hash] = mxid;
  }
  res.json({ mappings });
});
app.listen(port, '127.0.0.1', () => process.send?.('listening'));
