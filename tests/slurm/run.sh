#!/usr/bin/env bash
# Trains on a real SLURM, and stops it in all the ways that SLURM has; each run must end with the
# same bits as one that nothing stopped. Some 10 minutes.
#   bash tests/slurm/run.sh FOLDER [SCENARIO...]      as root on Debian, with forger on the PATH
# It installs SLURM and its database, writes /etc/slurm, and stops the daemons at its end: run it in
# a container or virtual machine that nobody else uses. pytest does not collect it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source "$here/cluster.sh"
work=$1
shift
scenarios=${*:-limit warning again cancel requeue launcher tasks interactive preemption}
mkdir -p "$work/slow"
cd "$work" || exit 1
cp "$here/slow.py" .
export OMP_NUM_THREADS=1 PYTHONWARNINGS=ignore
# Shorter than its checkpoint interval: what a signal does not save is lost.
settings="experiment=ring generator.widths=[16,16] discriminator.widths=[16] data.batch_size=16"
settings+=" ~callbacks.scatter ~callbacks.measure ~callbacks.doctor trainer.max_steps=600 trainer.log_every_n_steps=10"
settings+=" callbacks.checkpoint.every_n_updates=100000 +callbacks.slow._target_=slow.Slow"
ddp="trainer=ddp trainer.accelerator=cpu trainer.devices=2"
rm -f failed
jobs=()

install_cluster
start_cluster "$work/cluster"
trap 'stop_cluster "$work/cluster"' EXIT

run() { echo "outputs/runs/ring/$1"; }
status() { python -c "import json, sys; print(json.load(open(sys.argv[1]))['status'])" "$1/summary.json"; }
# Wait until a run has drawn a curve, or been interrupted.
trains() { until [ -s "$1/curves.jsonl" ]; do sleep 1; done; }
interrupted() { until [ "$(status "$1" 2> /dev/null)" = interrupted ]; do sleep 1; done; }
# Wait until a job has ended for good.
ended() { while squeue -h -j "$1" 2> /dev/null | grep -q .; do sleep 2; done; }
check() { # NAME RUN WHOLE: the verdict
  if [ "$(status "$2")" = done ] && python "$here/same.py" "$2" "$3"; then
    echo "ok      $1"
  else
    echo "FAILED  $1"
    touch failed
  fi
}

# The README's job.
cat > job.sh <<'JOB'
#!/bin/bash
srun "$@"
rc=$?
[ $rc = 143 ] && scontrol requeue $SLURM_JOB_ID
exit $rc
JOB

forger train $settings name=whole > whole.log 2>&1
forger train -m $settings seed=0,1 name=whole > wholes.log 2>&1
srun --ntasks-per-node=2 forger train $settings $ddp name=pair > pair.log 2>&1

# A time limit and a warning before it: then the same command goes on.
limit() {
  touch slow/limit
  job=$(sbatch --parsable --time=1 -o limit.log --wrap "srun forger train $settings name=limit")
  ended "$job"
  [ "$(status "$(run limit)")" = interrupted ] || echo "limit: not interrupted"
  rm slow/limit
  srun forger train $settings name=limit > limit2.log 2>&1
  check "time limit" "$(run limit)" "$(run whole)"
}
warning() {
  touch slow/warning
  job=$(sbatch --parsable --time=3 --signal=USR2@60 -o warning.log \
    --wrap "srun forger train $settings name=warning")
  ended "$job"
  [ "$(status "$(run warning)")" = interrupted ] || echo "warning: not interrupted"
  rm slow/warning
  srun forger train $settings name=warning > warning2.log 2>&1
  check "warning before a time limit" "$(run warning)" "$(run whole)"
}
# A warning in time, after which the job goes on by itself.
again() {
  touch slow/again
  job=$(sbatch --parsable --requeue --time=3 --signal=TERM@60 -o again.log --open-mode=append \
    job.sh forger train $settings name=again)
  interrupted "$(run again)"
  rm slow/again
  ended "$job"
  check "time limit, requeued" "$(run again)" "$(run whole)"
}
cancel() {
  touch slow/cancel
  job=$(sbatch --parsable -o cancel.log --wrap "srun forger train $settings name=cancel")
  trains "$(run cancel)"
  scancel "$job"
  ended "$job"
  rm slow/cancel
  srun forger train $settings name=cancel > cancel2.log 2>&1
  check "scancel" "$(run cancel)" "$(run whole)"
}
# Requeued, by hand or after a signal: the job goes on by itself.
requeue() {
  touch slow/requeue
  job=$(sbatch --parsable --requeue -o requeue.log --open-mode=append job.sh \
    forger train $settings name=requeue)
  trains "$(run requeue)"
  scontrol requeue "$job"
  interrupted "$(run requeue)"
  rm slow/requeue
  ended "$job"
  check "requeue" "$(run requeue)" "$(run whole)"
}
preemption() {
  touch slow/preemption
  job=$(sbatch --parsable --requeue -o preemption.log --open-mode=append job.sh \
    forger train $settings name=preemption)
  trains "$(run preemption)"
  sbatch -p urgent --exclusive -o urgent.log --wrap "sleep 5" > /dev/null
  interrupted "$(run preemption)"
  rm slow/preemption
  ended "$job"
  check "preemption with grace" "$(run preemption)" "$(run whole)"
}
# submitit warns before the limit, and has the job requeued.
launcher() {
  touch slow/limited
  forger train -m $settings seed=0,1 name=limited +launcher=slurm hydra.launcher.timeout_min=3 \
    hydra.launcher.signal_delay_s=60 hydra.launcher.gpus_per_node=0 \
    hydra.launcher.cpus_per_task=1 hydra.launcher.mem_gb=2 > launcher.log 2>&1 &
  local sweep=$!
  until [ "$(cat outputs/sweeps/limited/*/summary.json 2> /dev/null | grep -c interrupted)" = 2 ]; do
    sleep 1
  done
  rm slow/limited
  wait $sweep || echo "launcher: exit code $?"
  for n in 0 1; do
    check "+launcher=slurm, job $n" outputs/sweeps/limited/${n}_* outputs/sweeps/whole/${n}_*
  done
}
tasks() {
  touch slow/tasks
  job=$(sbatch --parsable --time=2 --ntasks-per-node=2 -o tasks.log \
    --wrap "srun forger train $settings $ddp name=tasks")
  ended "$job"
  [ "$(status "$(run tasks)")" = interrupted ] || echo "tasks: not interrupted"
  rm slow/tasks
  srun --ntasks-per-node=2 forger train $settings $ddp name=tasks > tasks2.log 2>&1
  check "two tasks and a time limit" "$(run tasks)" "$(run pair)"
}
interactive() {
  touch slow/interactive
  salloc -n2 srun -n2 forger train $settings $ddp name=interactive > interactive.log 2>&1 &
  trains "$(run interactive)"
  job=$(squeue -h -n interactive,srun -o %i | head -1)
  scancel "$job"
  wait $!
  rm slow/interactive
  salloc -n2 srun -n2 forger train $settings $ddp name=interactive > interactive2.log 2>&1
  check "two tasks in salloc" "$(run interactive)" "$(run pair)"
}

# Those that mostly wait, at once; what preempts takes the whole machine.
for scenario in $scenarios; do
  case $scenario in
    interactive | preemption) ;;
    *) $scenario & jobs[$!]=$! ;;
  esac
done
[ ${#jobs[@]} = 0 ] || wait "${jobs[@]}"
for scenario in interactive preemption; do
  [[ " $scenarios " = *" $scenario "* ]] && $scenario
done
echo "logs and runs: $work"
[ ! -e failed ]
