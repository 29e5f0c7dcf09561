#!/bin/sh
# The first and only program of a lab kernel: makes the place ready, runs the job, leaves its exit code, powers off.
# The machine's own files are there, read-only; what is written is in memory, but for LAB, the job's folder.
# Given: LAB, where that folder is. In it: job, a shell script that sets TREE and COMMAND and MODULES.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
export PATH HOME
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 pts /dev/pts
mount -t tmpfs shm /dev/shm
ln -sfn /proc/self/fd /dev/fd
mount -t tmpfs -o mode=755 run /run

# The job's folder and the tree may be below what is covered next.
mkdir -p /run/lab /run/tree
mount -t hostfs -o "$LAB" lab /run/lab
. /run/lab/job
mount --bind "$TREE" /run/tree
mount -t tmpfs tmp /tmp
mkdir -p "$TREE" && mount --bind /run/tree "$TREE"
[ -d /var/lib/docker ] && mount -t tmpfs docker /var/lib/docker

# modprobe looks in lib/modules below the folder it is given.
mkdir -p /run/modules/lib
ln -s "$MODULES" /run/modules/lib/modules
for module in $LOAD; do
  modprobe -d /run/modules "$module" || echo "module $module cannot be loaded"
done

mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
for controller in cpu cpuacct memory devices freezer pids blkio; do
  mkdir "/sys/fs/cgroup/$controller"
  mount -t cgroup -o "$controller" "$controller" "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
done

# Probes ask for deep receive buffers: a slow machine must not lose what the link has delivered.
echo 8388608 > /proc/sys/net/core/rmem_max
ip link set lo up

cd "$TREE" || exit
echo "$MARK"
{
  eval "$COMMAND"
  echo $? > /run/lab/exit
} 2>&1 | cat
sync
echo o > /proc/sysrq-trigger
sleep 10
