/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The script of docs/cluster.md on a real Slurm of one node, which the test brings up and takes
 * down: an array, the merge, the same bytes as on one thread. */
#include "cli/tiny.h"

#define SWEEP "sweep my.ini --quiet"

static said_t said;

/* Each daemon writes its number into a file, by which it is ended. Two such tests on one machine
 * take other ports, below those the system hands out. */
static const char start[] =
    "h=$(hostname -s); port=$((20000 + $$ % 6000 * 2)); mkdir -p s m; cp /etc/munge/munge.key "
    "m/key; chmod 711 .; "
    "chown -R munge m; chmod 700 m; "
    "cat >slurm.conf <<END\n"
    "ClusterName=one\nSlurmctldHost=$h\nSlurmUser=root\nSlurmdUser=root\nAuthType=auth/munge\n"
    "AuthInfo=socket=$PWD/m/socket\nSlurmctldPort=$port\nSlurmdPort=$((port + 1))\n"
    "StateSaveLocation=$PWD/s/state\nSlurmdSpoolDir=$PWD/s/spool\nSlurmctldPidFile=$PWD/s/"
    "ctld.pid\n"
    "SlurmdPidFile=$PWD/s/d.pid\nSlurmctldLogFile=$PWD/s/ctld.log\nSlurmdLogFile=$PWD/s/d.log\n"
    "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n"
    "JobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n"
    "SelectType=select/cons_tres\nMpiDefault=none\nReturnToService=2\n"
    "NodeName=$h CPUs=2 State=UNKNOWN\nPartitionName=all Nodes=ALL Default=YES State=UP\n"
    "END\n"
    "export SLURM_CONF=$PWD/slurm.conf; mkdir s/state s/spool; "
    "runuser -u munge -- munged --force --key-file=$PWD/m/key --socket=$PWD/m/socket "
    "--pid-file=$PWD/m/pid --log-file=$PWD/m/log --seed-file=$PWD/m/seed && "
    "slurmctld -f $SLURM_CONF && slurmd -f $SLURM_CONF && "
    "for i in $(seq 500); do sinfo -h -o %T 2>/dev/null | grep -q idle && exit 0; sleep 0.2; done; "
    "exit 1";

static int stop(void **state)
{
    run_shell(&said, "for f in s/d.pid s/ctld.pid m/pid; do [ -s $f ] || continue; p=$(cat $f); "
                     "kill $p; for i in $(seq 50); do kill -0 $p 2>/dev/null || break; sleep 0.1; "
                     "done; done");
    return remove_here(state);
}

static void need_slurm(void)
{
    run_shell(&said,
              "export PATH=$PATH:/usr/sbin; for c in slurmctld slurmd munged sbatch runuser; do "
              "command -v $c >/dev/null || { echo no $c; exit; }; done; "
              "[ -r /etc/munge/munge.key ] || echo no key of munge that may be read");
    if (!said.out[0]) return;
    print_message("skipped: %s", said.out);
    skip();
}

/* A controller too busy to answer says nothing, which is not that nothing is left. */
static void wait_for_all(const char *what)
{
    char line[256];
    snprintf(line, sizeof line,
             "export SLURM_CONF=$PWD/slurm.conf; for i in $(seq 4000); do "
             "left=$(squeue -h) && [ -z \"$left\" ] && exit 0; sleep 0.2; done; exit 1");
    run_shell(&said, line);
    if (said.status) fail_msg("%s does not end: %s%s", what, said.out, said.err);
}

static void test_an_array_changes_no_byte(void **state)
{
    (void)state;
    char line[3000];
    need_slurm();
    run_shell(&said,
              "printf '[world]\\nprovinces=2\\n"
              "prefectures=4\\ncounties=16\\nstreets=64\\n[firms]\\nn=3000\\n[run]\\nperiods=8\\n"
              "burn_in=4\\n[policy]\\nadoption=2021Q1\\n[observation]\\npanel_firms=300\\n"
              "[sweep]\\nreplicates=20\\npolicy.share=0.25,0.5\\n' >my.ini; "
              "\"$JIEDAO\" " SWEEP " -o one --threads 1");
    if (said.status) fail_msg("%s", said.err);
    snprintf(line, sizeof line, "export PATH=$PATH:/usr/sbin; %s", start);
    run_shell(&said, line);
    if (said.status) {
        print_message("skipped: Slurm does not come up: %s", said.err);
        skip();
    }
    run_shell(&said, "export SLURM_CONF=$PWD/slurm.conf; mkdir bin; ln -s \"$JIEDAO\" bin/jiedao; "
                     "export PATH=$PWD/bin:$PATH; sbatch --array=1-3 --cpus-per-task=1 "
                     "\"" JD_SOURCE_DIR "/docs/examples/sweep.sbatch\" my.ini array");
    if (said.status) fail_msg("%s", said.err);
    wait_for_all("the array");
    run_shell(&said, "\"$JIEDAO\" merge array && cmp array/sweep.h5 one/sweep.h5 || "
                     "{ tail -n 5 sweep-*.log s/*.log; exit 1; }");
    if (said.status) fail_msg("%s%s", said.out, said.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_array_changes_no_byte),
    };
    return cmocka_run_group_tests(tests, set_tiny, stop);
}
