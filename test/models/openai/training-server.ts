import type { ServerResponse } from 'node:http';
import { type Behaviour, type Seen, sendJson } from './server.js';

/** A job as `fine_tuning.job` objects have it, as far as hyde looks. */
interface Job {
  id: string;
  object: 'fine_tuning.job';
  model: string;
  status: string;
  fine_tuned_model: string | null;
  trained_tokens: number | null;
  error: object | null;
  training_file: string;
  metadata: Record<string, string>;
}

export interface Training {
  behave: Behaviour;
  /** Ids of every model that is served. */
  models: string[];
  jobs: Job[];
  files: Map<string, string>;
  /** Statuses that each job goes through, one a look; the last one stays. */
  course: string[];
  /** What a failed job says. */
  error: { code: string; message: string; param: string | null };
  /** What becomes of a file: `processed`, or `error`. */
  fileStatus: string;
}

/** Files, jobs and the list of models as OpenAI's documentation describes them; the rest is left to `rest`. */
export function trainingServer(
  base: string,
  rest: Behaviour,
  odd: (seen: Seen, response: ServerResponse) => boolean = () => false,
): Training {
  const looks = new Map<string, number>();
  const state: Training = {
    models: [base],
    jobs: [],
    files: new Map(),
    course: ['queued', 'running', 'succeeded'],
    error: { code: 'server_error', message: 'The job failed due to an internal error.', param: null },
    fileStatus: 'processed',
    behave(seen, response) {
      const { pathname, searchParams } = new URL(seen.path, 'http://server');
      const [, , first, second, id] = pathname.split('/');
      if (odd(seen, response)) return;
      if (first === 'files') return files(seen, second, response);
      if (first === 'models') return sendJson(response, 200, { data: state.models.map((id) => ({ id })) });
      if (first !== 'fine_tuning') return rest(seen, response);
      if (seen.method === 'POST') return create(seen, response);
      if (id === undefined) {
        const wanted = searchParams.get('metadata[hyde]');
        const data = state.jobs.filter(({ metadata }) => metadata.hyde === wanted);
        return sendJson(response, 200, { object: 'list', data, has_more: false });
      }
      return look(id, response);
    },
  };

  function files({ method, text }: Seen, id: string | undefined, response: ServerResponse): void {
    if (method === 'GET') {
      const details = state.fileStatus === 'error' ? { status_details: 'line 3 has no messages' } : {};
      sendJson(response, 200, { id, object: 'file', status: state.fileStatus, ...details });
      return;
    }
    const made = `file-${state.files.size + 1}`;
    state.files.set(made, text);
    sendJson(response, 200, { id: made, object: 'file', purpose: 'fine-tune', status: 'uploaded' });
  }

  function create({ body }: Seen, response: ServerResponse): void {
    if (!state.models.includes(body.model)) {
      const message = `The model \`${body.model}\` does not exist.`;
      sendJson(response, 404, { error: { message, code: 'model_not_found' } });
      return;
    }
    const job: Job = {
      id: `ftjob-${state.jobs.length + 1}`,
      object: 'fine_tuning.job',
      model: body.model,
      status: 'validating_files',
      fine_tuned_model: null,
      trained_tokens: null,
      error: null,
      training_file: body.training_file,
      metadata: body.metadata,
    };
    state.jobs.push(job);
    sendJson(response, 200, job);
  }

  function look(id: string, response: ServerResponse): void {
    const job = state.jobs.find((one) => one.id === id);
    if (!job) {
      sendJson(response, 404, { error: { message: 'No such job' } });
      return;
    }
    const seen = looks.get(id) ?? 0;
    looks.set(id, seen + 1);
    job.status = state.course[Math.min(seen, state.course.length - 1)] as string;
    if (job.status === 'failed') job.error = state.error;
    if (job.status === 'succeeded' && job.fine_tuned_model === null) {
      job.fine_tuned_model = `ft:${job.model.replace(/^ft:/, '').split(':')[0]}:lab:hyde:${id.slice(6)}`;
      job.trained_tokens = 1234;
      state.models.push(job.fine_tuned_model);
    }
    sendJson(response, 200, job);
  }

  return state;
}
