import { isAmbiguous } from '../../../../domain/associations/association.js';
import { threepidFrom } from '../../../../domain/identifiers/typed-address.js';
import { DomainError } from '../../../../domain/shared/errors.js';
import type { Explanation } from '../../../../domain/lookup/explanation.js';
import type { LookupService } from '../../../../domain/lookup/lookup-service.js';
import type { Clock } from '../../../../ports/clock.js';
import type { SourceTrace } from '../../../../ports/threepid-source.js';
import type { Endpoints } from '../../endpoints.js';
import { queryOf } from '../../request/query.js';
import type { Views } from './views.js';

/** The explanation of an address, as a picture of the source chain. */
export const lookupPageEndpoints = (views: Views, lookupService: LookupService, clock: Clock): Endpoints => ({
  '/page/lookup': {
    GET: views.page(async (visit) => {
      const { address } = queryOf(visit.req);
      const asked = typeof address === 'string' ? address.trim().slice(0, 300) : '';
      if (asked === '') return views.show('lookup', { asked, sources: [] }, visit);
      try {
        const explanation = await lookupService.explain(threepidFrom(asked));
        views.show('lookup', { asked, now: clock.now(), ...resultOf(explanation) }, visit);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        visit.res.status(400);
        views.show('lookup', { asked, sources: [], problem: error.message }, visit);
      }
    }),
  },
});

/** The sources, each with its role for the answer. */
function resultOf({ threepid, sources, mxid }: Explanation) {
  const deciding = sources.findIndex(({ decides }) => decides);
  const shownSources = sources.map(({ source, outcome, decides, traces, following, accountUnverified }, at) => {
    const role =
      deciding >= 0 && at > deciding ? 'later' : decides ? (outcome === 'answered' ? 'decides' : 'stops') : '';
    const used = traces.find(({ failure }) => failure === undefined);
    return {
      name: source,
      outcome,
      role,
      found: used && foundIn(used),
      steps: traces.map(stepOf),
      following,
      accountUnverified,
    };
  });
  const isSuspended = sources.some(({ traces }) => traces.some(({ suspended }) => suspended !== undefined));
  const why = sources[deciding]?.outcome ?? (isSuspended ? 'suspended' : 'unknown');
  const shown = threepid.medium === 'msisdn' ? `+${threepid.address}` : threepid.address;
  return {
    shown,
    medium: threepid.medium,
    mxid,
    why,
    failed: sources.filter(({ outcome }) => outcome === 'failed'),
    sources: shownSources,
  };
}

const stepOf = (trace: SourceTrace) => ({ ...trace, found: foundIn(trace) });

/** The user, or everybody who claims the address. */
const foundIn = ({ finding }: SourceTrace): readonly string[] =>
  finding === undefined ? [] : isAmbiguous(finding) ? finding.claimants : [finding.mxid];
