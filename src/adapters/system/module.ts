import { ContainerModule } from 'inversify';
import { Clock } from '../../ports/clock.js';
import { Random } from '../../ports/random.js';
import { Telemetry } from '../../ports/telemetry.js';
import { SystemClock } from './system-clock.js';
import { SystemRandom } from './system-random.js';

/** Clock, randomness and telemetry. The caller must close `telemetry`. */
export const systemModule = (telemetry: Telemetry) =>
  new ContainerModule(({ bind }) => {
    bind(Clock).toConstantValue(new SystemClock());
    bind(Random).toConstantValue(new SystemRandom());
    bind(Telemetry).toConstantValue(telemetry);
  });
