import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { script } from './folder.js';

/**
 * A Slurm of shell scripts: sbatch runs the tasks of an array one after another, in the background, and keeps each one's state in a file
 * `<array>_<index>` with its name. Files make it behave otherwise: `refuse` says what stands in it instead, `outcome` is the state of the
 * next task that ends, `requeue` starts the next one that fails again, `kill-caller` kills who called sbatch once it is heard.
 *
 * @returns the folder of its commands, which is put in front of PATH
 */
export function fakeSlurm(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(join(bin, 'tasks'), { recursive: true });
  const state = `cd "${bin}"; put() { echo "$2" > ".$1.tmp"; mv ".$1.tmp" "tasks/$1"; }`;
  script(
    join(bin, 'sbatch'),
    `${state}; echo "$@" >> calls
why="$(cat refuse 2>/dev/null)"; if [ -n "$why" ]; then echo "$why" >&2; [ -f refuse-once ] && rm -f refuse refuse-once; exit 1; fi
for a in "$@"; do case "$a" in
--job-name=*) name=\${a#--job-name=};; --array=*) array=\${a#--array=0-}; last=\${array%%\\%*};; esac; done
if [ -f most ] && [ "$last" -ge "$(cat most)" ]; then echo "sbatch: error: Batch job submission failed: Invalid job array specification" >&2; exit 1; fi
id=$(( $(cat next 2>/dev/null || echo 0) + 1 )); echo $id > next
cat > script-$id
for i in $(seq 0 $last); do put \${id}_$i "$name|PENDING|Resources"; done
( for i in $(seq 0 $last); do
  put \${id}_$i "$name|RUNNING|None"
  if SLURM_ARRAY_TASK_ID=$i sh script-$id > log-\${id}_$i 2>&1; then s=COMPLETED; else s=FAILED; fi
  if [ $s = FAILED ] && [ -f requeue ]; then
    rm requeue; put \${id}_$i "$name|PENDING|BeginTime"; sleep 1.5; put \${id}_$i "$name|RUNNING|None"
    SLURM_ARRAY_TASK_ID=$i sh script-$id >> log-\${id}_$i 2>&1 && s=COMPLETED
  fi
  [ -f outcome ] && s=$(cat outcome) && rm outcome
  put \${id}_$i "$name|$s|None"
done ) >/dev/null 2>&1 </dev/null &
[ -f kill-caller ] && rm kill-caller && kill -9 $PPID
echo $id
[ -f lose-answer ] && why="$(cat lose-answer)" && rm lose-answer && echo "sbatch: error: \${why:-Socket timed out on send/recv operation}" >&2 && exit 1
exit 0`,
  );
  script(
    join(bin, 'squeue'),
    `${state}; [ -f away ] && { echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1; }
[ -f forgetful ] && exit 0
for a in "$@"; do case "$a" in --name=*) names=,\${a#--name=},;; esac; done
for f in tasks/*; do [ -f "$f" ] || continue; t=\${f#tasks/}; IFS='|' read -r n s r < $f
case "$names" in *,$n,*) ;; *) continue;; esac
echo "\${t%_*}|\${t#*_}|$n|$s|$r"; done`,
  );
  script(
    join(bin, 'sacct'),
    `${state}; [ -f accounts ] || { echo "Slurm accounting storage is disabled" >&2; exit 1; }
for f in tasks/*; do IFS='|' read -r n s r < $f; echo "\${f#tasks/}|$n|$s"; done`,
  );
  script(
    join(bin, 'scancel'),
    `${state}; for t in "$@"; do IFS='|' read -r n s r < tasks/$t; echo "$n|CANCELLED by 0|None" > tasks/$t; done`,
  );
  process.env.PATH = `${bin}:${process.env.PATH}`;
  return bin;
}
