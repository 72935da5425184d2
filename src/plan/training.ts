import type { AuditFile } from '../records/audit.js';
import type { ModelRef } from '../records/spec.js';
import type { Providers } from './providers.js';

/** Refuses training that the engine of an arm's base cannot do. @param fail throws, at a key of the arm */
export function checkTraining(
  arm: AuditFile['arms'][number],
  { engine, model }: ModelRef,
  providers: Providers,
  fail: (message: string, key: string[], hint: string) => never,
): void {
  if (!arm.data) return;
  const provider = providers.find(engine);
  if (provider && !provider['fine-tuning']) {
    fail(
      `arm '${arm.id}' is trained, and ${engine}/${model} is served: '${engine}' does not train from here`,
      ['data'],
      'train it where it is served and name the result as `model` of the arm, or use a model of `local/`',
    );
  }
  if (arm.lora['base-bits'] && engine !== 'local') {
    fail('base-bits is for local models', ['lora', 'base-bits'], `${engine}/ holds its models as it does`);
  }
  const key = 'learning-rate-multiplier';
  const stages = [arm.training, ...arm.data.flatMap(({ posthoc }) => posthoc?.training ?? [])];
  if (engine !== 'local' && engine !== 'scripted' && stages.some(({ loss }) => loss === 'text')) {
    fail('loss: text is for local models', ['training', 'loss'], `${engine}/ takes the loss on answers`);
  }
  if (!provider && stages.some((training) => training[key] !== undefined)) {
    fail(`${key} is for providers that train`, ['training', key], `${engine}/ takes learning-rate`);
  }
}
