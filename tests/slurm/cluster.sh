# A SLURM of one node on this machine's loopback: `source cluster.sh; start_cluster FOLDER`.
# For Debian and root, in a container or virtual machine that nobody else uses: it writes /etc/slurm.

install_cluster() {
  command -v slurmctld slurmd slurmdbd mariadbd munged > /dev/null && return
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    slurm-wlm munge slurmdbd mariadb-server > /dev/null
}

# start_cluster FOLDER: the daemons, whose files lie in the folder.
start_cluster() {
  local state=$1 host
  host=$(hostname -s)
  mkdir -p "$state/ctld" "$state/d" "$state/mysql" /run/munge /run/mysqld /etc/slurm
  cat > /etc/slurm/slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldPidFile=$state/ctld.pid
SlurmdPidFile=$state/d.pid
SlurmctldLogFile=$state/ctld.log
SlurmdLogFile=$state/d.log
# Cgroups ask for systemd.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
# More processors than there are: the runs mostly wait.
SlurmdParameters=config_overrides
JobRequeue=1
KillWait=30
# How long a requeued job waits before it starts again.
AuthInfo=cred_expire=15
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
JobAcctGatherType=jobacct_gather/linux
NodeName=$host NodeAddr=127.0.0.1 CPUs=16 CoresPerSocket=16 RealMemory=32000
PartitionName=main Nodes=$host Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=60
PartitionName=urgent Nodes=$host PriorityTier=10 PreemptMode=OFF
CONF
  cat > /etc/slurm/slurmdbd.conf <<CONF
DbdHost=localhost
SlurmUser=root
PidFile=$state/dbd.pid
LogFile=$state/dbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=x
StorageLoc=slurm_acct_db
CONF
  chmod 600 /etc/slurm/slurmdbd.conf
  chown munge:munge /run/munge
  su -s /bin/sh munge -c munged
  chown mysql:mysql /run/mysqld "$state/mysql"
  mariadb-install-db --user=mysql --datadir="$state/mysql" > /dev/null
  mariadbd --user=mysql --datadir="$state/mysql" --skip-networking \
    --socket=/run/mysqld/mysqld.sock > "$state/mariadb.log" 2>&1 &
  until mariadb -e "select 1" > /dev/null 2>&1; do sleep 1; done
  mariadb -e "create database slurm_acct_db; create user slurm@localhost identified by 'x';
              grant all on slurm_acct_db.* to slurm@localhost"
  slurmdbd
  until sacctmgr -i list cluster > /dev/null 2>&1; do sleep 1; done
  sacctmgr -i add cluster one > /dev/null
  slurmctld
  slurmd
  until sinfo -h -o %T | grep -q idle; do sleep 1; done
}

stop_cluster() {
  local state=$1 file
  scancel --user="$(id -un)" 2> /dev/null
  for file in d ctld dbd; do
    [ -f "$state/$file.pid" ] && kill "$(cat "$state/$file.pid")"
  done
  mariadb-admin shutdown
  kill "$(cat /run/munge/munged.pid)"
}
