import { startMailServer } from './support/smtp.ts';
import { createAuthority } from './support/tls.ts';
import { trySending } from '../src/adapters/messaging/smtp-trial.ts';
const {ca,certificates}=createAuthority({relay:['127.0.0.1']});
const s=await startMailServer({certificate:certificates.relay,login:{username:'u',password:'p'}});
const o={host:'127.0.0.1',port:s.port,ehloName:'x.example',from:'Islet <a@b.example>',timeLimitMs:3000,username:'u',password:'p'};
for (const t of [{tls:'required',ca},{tls:'required'},{tls:'opportunistic'},{tls:'none'},{tls:'none',password:'x'},{tls:'opportunistic',username:undefined},{tls:'implicit'}] as any[]) { console.log(JSON.stringify(t.tls), (await trySending({...o,...t},{to:'you@example.org',subject:'x',text:'y'})).map(x=>`${x.isFine} ${x.step} ${x.words}`)); }
s.refuseRecipients('550 5.1.1 User unknown'); console.log(await trySending({...o,tls:'none'},{to:'you@example.org',subject:'x',text:'y'}));
s.close(); await new Promise(r=>setTimeout(r,500)); console.log(await trySending({...o,tls:'none'},{to:'you@example.org',subject:'x',text:'y'}));
process.exit(0);
