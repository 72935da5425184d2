import type { TrainingStage } from '../../records/model.js';

/** A training stage as the worker's job.json has it. @param data path of the rows, relative to the job's folder */
export function stageOf({ sha256, training }: TrainingStage, data: string): object {
  return {
    data,
    sha256,
    training: {
      epochs: training.epochs,
      learningRate: training['learning-rate'],
      batchSize: training['batch-size'],
      gradientAccumulation: training['gradient-accumulation'],
      schedule: training.schedule,
      warmupSteps: training['warmup-steps'],
      weightDecay: training['weight-decay'],
      maxLength: training['max-length'],
      loss: training.loss,
      gradientCheckpointing: training['gradient-checkpointing'],
    },
  };
}
