/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the disk, the user's files and wrong configs do to a command: one clear message, the
 * documented exit status, nothing written. */
#include <errno.h>
#include <sys/mount.h>

#include "cli/tiny.h"

static said_t said;

/* How many files lie in the tests' folder, those of run_program() aside. */
static int files_here(void)
{
    said_t counted;
    run_shell(&counted, "find . -mindepth 1 ! -name '.std*' | wc -l");
    return atoi(counted.out);
}

/* Runs a line that must fail so, say so in one message, print no result and leave no file. */
static void assert_fails(const char *line, int status, const char *says)
{
    int files = files_here();
    run_shell(&said, line);
    if (said.status != status)
        fail_msg("%s: exit %d, not %d: %s", line, said.status, status, said.err);
    ASSERT_HOLDS(said.err, says);
    assert_string_equal(said.out, "");
    if (strncmp(said.err, "jiedao: ", 8) != 0 || !strchr(said.err, '\n'))
        fail_msg("%s: no message of the program: %s", line, said.err);
    if (files_here() != files) fail_msg("%s: something was written", line);
}

static void test_existing(void **state)
{
    (void)state;
    size_t size;
    run_shell(&said, "echo older >old.h5; mkdir folder; mkfifo pipe.h5");
    assert_fails("\"$JIEDAO\" run $TINY -o old.h5", 2, "old.h5 exists already; --force");
    assert_fails("\"$JIEDAO\" run $TINY -o folder", 2, "folder is a folder; name a file in it");
    assert_fails("\"$JIEDAO\" run $TINY -o folder --force", 2, "name a file in it");
    assert_fails("\"$JIEDAO\" run $TINY -o pipe.h5 --force", 2, "is no plain file");
    assert_fails("\"$JIEDAO\" run $TINY -o ''", 2, "a file name is needed");
    assert_fails("\"$JIEDAO\" run $TINY -o old.h5/none/a.h5", 1, "cannot be made a folder");
    assert_fails("\"$JIEDAO\" run $TINY -o old.h5/a.h5", 1, "cannot be made a folder");
    char *older = load_here("old.h5", &size);
    assert_memory_equal(older, "older\n", 6);
    free(older);
    run_shell(&said, "\"$JIEDAO\" run $TINY -o old.h5 --force && \"$JIEDAO\" info old.h5");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "\"$JIEDAO\" run $TINY -o none/new/a.h5 && \"$JIEDAO\" info none/new/a.h5");
    ASSERT_STATUS(&said, 0); /* the folder is made */
    run_shell(&said, "rm -rf *");
}

static void test_read_only(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        run_shell(&said, "setpriv --reuid=65534 true");
        if (said.status) {
            print_message("skipped: root may write everywhere, and setpriv is not there\n");
            skip();
        }
    }
    const char *as = geteuid() == 0 ? "setpriv --reuid=65534" : "";
    char line[256];
    run_shell(&said, "mkdir folder; chmod 555 folder; chmod 755 .");
    snprintf(line, sizeof line, "%s \"$JIEDAO\" run $TINY -o folder/a.h5", as);
    assert_fails(line, 1, "you may not write in that folder");
    run_shell(&said, "rm -rf folder");
}

static void test_disk_full(void **state)
{
    (void)state;
    char disk[128];
    run_shell(&said, "mkdir disk");
    snprintf(disk, sizeof disk, "%s/disk", getenv("HERE"));
    if (mount("tmpfs", disk, "tmpfs", 0, "size=128k") != 0) {
        print_message("skipped: no small disk can be mounted: %s\n", strerror(errno));
        run_shell(&said, "rmdir disk");
        skip();
    }
    run_shell(&said, "\"$JIEDAO\" run $TINY -o disk/a.h5");
    said_t left;
    run_shell(&left, "ls disk");
    assert_int_equal(umount(disk), 0);
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "No space left on device; make room on that disk");
    assert_string_equal(left.out, "");
    run_shell(&said, "rmdir disk");
}

static void test_file_size_limit(void **state)
{
    (void)state;
#ifndef JD_SANITIZED /* whose shadow needs terabytes of address space */
    assert_fails("ulimit -v 4000000; \"$JIEDAO\" run quickstart --set firms.n=2000000000 -o a.h5",
                 1, "needs 18.04 GB of memory and 3.");
#endif
    assert_fails("ulimit -f 40; \"$JIEDAO\" run $TINY -o a.h5", 1, "ulimit -f");
    assert_fails(
        "\"$JIEDAO\" run $TINY --format csv -o full.h5 >/dev/full; s=$?; rm full.h5 *.json;"
        "exit $s",
        1, "standard output");
}

static void test_inputs(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "code,level\n1,2\n",
                                        "code,parent_code,level\n",
                                        "code,parent_code,level,name,longitude_deg,latitude_deg\n"
                                        "11,0,province,A,116,40\n1101,12,prefecture,B,116,40\n",
                                        "code,parent_code,level,name,longitude_deg,latitude_deg\n"
                                        "11,0,province,A,x,40\n",
                                        "\x89HDF\r\n\x1a\n"};
    assert_fails("\"$JIEDAO\" run $TINY -o a.h5 --set world.divisions=none.csv", 1,
                 "No such file or directory; world.divisions must name a CSV file");
    run_shell(&said, "mkfifo pipe; mkdir folder");
    assert_fails("\"$JIEDAO\" run $TINY -o a.h5 --set world.divisions=pipe", 1, "no plain file");
    assert_fails("\"$JIEDAO\" run $TINY -o a.h5 --set world.divisions=folder", 1, "no plain file");
    assert_fails("\"$JIEDAO\" run $TINY -o a.h5 --set policy.assignment=list "
                 "--set policy.list=none.csv",
                 1, "policy.list must name");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/bad.csv", getenv("HERE"));
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        fputs(texts[i], out);
        fclose(out);
        assert_fails("\"$JIEDAO\" run $TINY -o a.h5 --set world.divisions=bad.csv", 1, "");
        if (!strstr(said.err, "bad.csv") && !strstr(said.err, "divisions"))
            fail_msg("%zu: which file? %s", i, said.err);
    }
    run_shell(&said, "rm -rf *");
}

static void test_bad_results(void **state)
{
    (void)state;
    static const struct {
        const char *make, *says;
    } files[] = {
        {": >f.h5", "is empty (0 bytes)"},
        {"head -c 60000 whole.h5 >f.h5", "damaged or cut short"},
        {"echo firm,period >f.h5", "is not an HDF5 file"},
        {"rm f.h5", "No such file"},
        {"mkdir f.h5", "is a folder"},
    };
    static const char *const commands[] = {"info f.h5", "export f.h5 --table relocations -o x.csv",
                                           "figures f.h5 -o figures"};
    run_shell(&said, "\"$JIEDAO\" run $TINY -o whole.h5");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        run_shell(&said, files[i].make);
        for (size_t c = 0; c < sizeof commands / sizeof *commands; c++) {
            char line[256];
            snprintf(line, sizeof line, "\"$JIEDAO\" %s", commands[c]);
            assert_fails(line, 1, files[i].says);
            ASSERT_HOLDS(said.err, "f.h5");
        }
    }
    run_shell(&said, "rm -rf *");
}

static void test_bad_configs(void **state)
{
    (void)state;
    run_shell(&said,
              "printf '[run]\\nseed = x\\nsed = 1\\n[policy]\\nshare = 1.4\\n[foo]\\nbroken\\n"
              "' >bad.ini; printf '\\377\\376\\0' >utf16.ini; mkdir folder");
    assert_fails("\"$JIEDAO\" run bad.ini --set firms.n=0 -o a.h5", 2, "bad.ini:2: run.seed = x");
    ASSERT_HOLDS(said.err, "bad.ini:3: [run] sed: unknown key; did you mean 'seed'?");
    ASSERT_HOLDS(said.err, "bad.ini:5: policy.share = 1.4 is outside [0, 1]");
    ASSERT_HOLDS(said.err, "bad.ini:6: [foo]: unknown section");
    ASSERT_HOLDS(said.err, "bad.ini:7: 'broken' has no '='");
    ASSERT_HOLDS(said.err, "--set: firms.n = 0 is outside");
    assert_fails("\"$JIEDAO\" run utf16.ini", 2, "save it as UTF-8");
    assert_fails("\"$JIEDAO\" run folder", 1, "is a folder");
    assert_fails("\"$JIEDAO\" run none.ini", 2, "no such file");
    assert_fails("\"$JIEDAO\" run ''", 2, "no such file");
    assert_fails("\"$JIEDAO\" run -", 2, "-");
    run_shell(&said, "rm -rf *");
}

static int setup(void **state)
{
    int rc = set_tiny(state);
    run_shell(&said, "true"); /* makes the folder */
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_existing),    cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_disk_full),   cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_inputs),      cmocka_unit_test(test_bad_results),
        cmocka_unit_test(test_bad_configs),
    };
    return cmocka_run_group_tests(tests, setup, remove_here);
}
