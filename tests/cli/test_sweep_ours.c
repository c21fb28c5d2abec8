/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies in a sweep's folder and is not the sweep's, whatever its name: it stays to the byte. */
#include "cli/tiny.h"

#define SWEEP "\"$JIEDAO\" sweep $TINY --set sweep.replicates=2"

static said_t said;

static void assert_shell(const char *line, int status, const char *err)
{
    run_shell(&said, line);
    if (said.status != status || !strstr(said.err, err))
        fail_msg("%s: status %d: %s%s", line, said.status, said.out, said.err);
}

static void test_force_in_a_folder_of_others(void **state)
{
    (void)state;
    assert_shell("mkdir -p res/runs res/shards; for f in runs/20240131.csv runs/20240131.h5 "
                 "shards/20240131.shard shards/journal; do echo mine >res/$f; done; cp -r res was",
                 0, "");
    for (int i = 0; i < 2; i++) {
        assert_shell(SWEEP " -o res --force", 0, "");
        assert_shell("for f in runs/20240131.csv runs/20240131.h5 shards/20240131.shard "
                     "shards/journal; do cmp was/$f res/$f || exit; done",
                     0, "");
    }
}

static void test_names_that_are_taken(void **state)
{
    (void)state;
    static const char *const taken[] = {"plan.txt", "config.ini", "sweep.h5", "shards/000001.shard",
                                        "shards/000001.part"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        for (int how = 0; how < 3; how++) {
            char line[512];
            snprintf(line, sizeof line,
                     "rm -rf t; mkdir -p t/shards; echo mine >t/%s; " SWEEP " -o t%s; s=$?; "
                     "[ \"$(cat t/%s)\" = mine ] && exit $s",
                     taken[i],
                     how == 1   ? " --force"
                     : how == 2 ? " --resume"
                                : "",
                     taken[i]);
            assert_shell(line, 2, "left as it is");
        }
    assert_shell("rm -rf t; mkdir -p t/shards; echo mine >user; ln -s ../../user "
                 "t/shards/000001.part; " SWEEP " -o t; [ \"$(cat user)\" = mine ]",
                 0, "000001.part: cannot be written");
}

/* The user's own config, run in its own folder, is no less the user's. */
static void test_a_config_beside_its_runs(void **state)
{
    (void)state;
    assert_shell("mkdir here; cd here; printf '[run]\\nseed = 3\\n[sweep]\\nreplicates = 2\\n' "
                 ">config.ini; cp config.ini ../mine.ini; \"$JIEDAO\" sweep config.ini "
                 "${TINY#quickstart} -o .",
                 2, "./config.ini is there and is not this sweep's");
    assert_shell("cmp here/config.ini mine.ini && ! [ -e here/plan.txt ]", 0, "");
}

static void test_a_config_that_was_changed(void **state)
{
    (void)state;
    assert_shell(SWEEP " -o part --shard 1/2 && " SWEEP
                       " -o part --shard 2/2 && cp -r part kept && "
                       "echo '; another' >>part/config.ini",
                 0, "");
    assert_shell("\"$JIEDAO\" merge part", 1,
                 "config.ini: is not the config this sweep began with");
    assert_shell(SWEEP " -o part --resume", 2, "is not the config this sweep began with");
    assert_shell(SWEEP " -o part --force", 2, "config.ini is there and is not this sweep's");
    assert_shell(
        "[ -e part/shards/000001.shard ] && cp kept/config.ini part && \"$JIEDAO\" merge part", 0,
        "");
    assert_shell("echo mine >part/sweep.h5; \"$JIEDAO\" merge part --force", 2, "left as it is");
    assert_shell("[ \"$(cat part/sweep.h5)\" = mine ]", 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_force_in_a_folder_of_others),
        cmocka_unit_test(test_names_that_are_taken),
        cmocka_unit_test(test_a_config_beside_its_runs),
        cmocka_unit_test(test_a_config_that_was_changed),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
