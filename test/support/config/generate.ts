import { writeFileSync } from 'node:fs';
import { generated, pathOf } from './generated.js';

for (const [name, content] of Object.entries(generated())) writeFileSync(pathOf(name), content);
