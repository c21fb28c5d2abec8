/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program says to right and wrong command lines, and its exit status. */
#include "cli/tiny.h"

static said_t said;

static void test_no_command_shows_help(void **state)
{
    (void)state;
    run_program(&said, "");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "usage: jiedao COMMAND");
    assert_string_equal(said.out, "");
}

static void test_help_lists_commands_with_examples(void **state)
{
    (void)state;
    static const char *const commands[] = {"run",  "figures", "configs", "params",
                                           "info", "export",  "help",    "version"};
    run_program(&said, "--help");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.err, "");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        ASSERT_HOLDS(said.out, commands[i]);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[64], as_option[sizeof said.out];
        snprintf(line, sizeof line, "%s --help", commands[i]);
        run_program(&said, line);
        ASSERT_STATUS(&said, 0);
        strcpy(as_option, said.out);
        snprintf(line, sizeof line, "help %s", commands[i]);
        run_program(&said, line);
        ASSERT_STATUS(&said, 0);
        assert_string_equal(said.out, as_option);
        ASSERT_HOLDS(said.out, "--threads N");
        ASSERT_HOLDS(said.out, "examples:\n  jiedao ");
    }
}

static void test_help_of_estimators(void **state)
{
    (void)state;
    run_program(&said, "help callaway_santanna");
    assert_int_equal(said.status, 0);
    ASSERT_HOLDS(said.out, "usage: jiedao did FILE --estimator callaway_santanna");
    ASSERT_HOLDS(said.out, "--control");
    ASSERT_HOLDS(said.out, "docs/estimators/callaway_santanna.md");
    if (strstr(said.out, "--neyman")) fail_msg("roll_out's option: %s", said.out);
    run_program(&said, "help block_did");
    ASSERT_HOLDS(said.out, "docs/estimators/synthetic_did.md");
    /* each has a page */
    run_program(&said, "completion list did estimator | grep -v '^all$' | while read e; do "
                       "p=$('" JD_PROGRAM "' help $e | sed -n 's/^page: \\([^ ]*\\).*/\\1/p'); "
                       "test -f " JD_SOURCE_DIR "/$p || echo no page: $e; done");
    assert_string_equal(said.out, "");
}

static void test_completion(void **state)
{
    (void)state;
    static const char *const lines[][2] = {{"completion list", "\ncompletion\n"},
                                           {"completion list run", "published/bdm2004\n"},
                                           {"completion list run", "--replicates\n"},
                                           {"completion list run format", "markdown\n"},
                                           {"completion list did estimator", "callaway_santanna\n"},
                                           {"completion list did format", "latex\n"},
                                           {"completion list did vcov", "driscoll_kraay\n"},
                                           {"completion list help", "sun_abraham\n"},
                                           {"completion list params", "policy\n"},
                                           {"completion zsh", "#compdef jiedao\n"},
                                           {"completion bash", "complete -o default"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        run_program(&said, lines[i][0]);
        assert_int_equal(said.status, 0);
        ASSERT_HOLDS(said.out, lines[i][1]);
    }
    run_program(&said, "completion fish");
    assert_int_equal(said.status, 2);
    ASSERT_HOLDS(said.err, "name a shell, bash or zsh");
    /* as bash asks: the last of several names */
    run_program(&said, "completion bash >complete.bash; bash -c '. ./complete.bash; "
                       "COMP_WORDS=(" JD_PROGRAM " did x.csv --estimator twfe,callaway); "
                       "COMP_CWORD=4; _jiedao; echo ${COMPREPLY[@]}'");
    assert_string_equal(said.out, "twfe,callaway_santanna\n");
}

/* What a line becomes after Tab in a real zsh, where there is one. */
static void test_completion_in_zsh(void **state)
{
    (void)state;
    static const struct {
        const char *line, *becomes;
    } lines[] = {
        {"jiedao di", "jiedao did "},
        {"jiedao did dr", "jiedao did dr.csv "},
        {"jiedao did --estimator twfe,ca", "jiedao did --estimator twfe,callaway_santanna "},
        {"jiedao did --estimator=twfe,ca", "jiedao did --estimator=twfe,callaway_santanna "},
        {"jiedao did --vcov dr", "jiedao did --vcov driscoll_kraay "}, /* no file is a value */
        {"jiedao run publ", "jiedao run published/"},
        {"jiedao run my", "jiedao run my.ini "},
        {"jiedao run --output=my", "jiedao run --output=my.ini "},
        {"jiedao did dr.csv --pl", "jiedao did dr.csv --plot "},
        {"jiedao help sun", "jiedao help sun_abraham "},
        {"~/bin/jiedao did --vcov dr", "~/bin/jiedao did --vcov driscoll_kraay "},
    };
    char line[3072], expected[1024] = "";
    run_program(&said, "version >/dev/null; command -v zsh >/dev/null && zsh -f -c 'zmodload "
                       "zsh/zpty' && echo there");
    if (!strstr(said.out, "there")) skip();
    int n = snprintf(line, sizeof line,
                     "version >/dev/null; mkdir -p zsh/bin zsh/d && ln -sf '%s' zsh/bin/jiedao && "
                     "cd zsh/d && touch dr.csv my.ini && HOME=\"$HERE/zsh\" "
                     "PATH=\"$HERE/zsh/bin:$PATH\" zsh -f '%s/tests/cli/completion.zsh'",
                     JD_PROGRAM, JD_SOURCE_DIR);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        n += snprintf(line + n, sizeof line - (size_t)n, " '%s'", lines[i].line);
        strcat(strcat(expected, lines[i].becomes), "\n");
    }
    run_program(&said, line);
    assert_string_equal(said.out, expected);
}

static void test_help_finds_options(void **state)
{
    (void)state;
    run_program(&said, "help did CLUSTER");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "      --cluster NAMES ");
    ASSERT_HOLDS(said.out, "--satterthwaite "); /* its line speaks of clusters */
    assert_null(strstr(said.out, "--y NAME"));
    run_program(&said, "help did xyzzy");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "no option of did mentions 'xyzzy'; 'jiedao help did' lists all");
}

static void test_version(void **state)
{
    (void)state;
    run_program(&said, "--version");
    ASSERT_STATUS(&said, 0);
    assert_int_equal(strncmp(said.out, "jiedao 0.", 9), 0);
    ASSERT_HOLDS(said.out, "(commit ");
    run_program(&said, "version");
    assert_int_equal(strncmp(said.out, "jiedao 0.", 9), 0);
}

static void test_mistakes_are_told_and_leave_2(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } mistakes[] = {
        {"rnu", "jiedao: rnu: unknown command; did you mean 'run'?\n"},
        {"help parms", "jiedao: parms: unknown command; did you mean 'params'?\n"},
        {"xyzzy", "jiedao: xyzzy: unknown command; 'jiedao help' lists them\n"},
        {"--quiet run", "jiedao: --quiet: options come after the command"},
        {"params --fromat=ini", "params: unknown option --fromat; did you mean --format?\n"},
        {"params -z", "params: unknown option -z; 'jiedao help params'"},
        {"params --format", "params: --format needs a value: --format=FORMAT\n"},
        {"configs quickstart -o --force", "configs: --output needs a value: --output=FILE\n"},
        {"params --format txt", "--format = txt must be one of table, ini, json, markdown\n"},
        {"params --quiet=yes", "params: --quiet accepts no value, but 'yes' was given\n"},
        {"params a b", "params: 'b' is one word too many; usage: jiedao params [SECTION]\n"},
        {"params --threads 0", "--threads = 0 must be a whole number from 1 to 4096\n"},
        {"params --threads 2x", "--threads = 2x must be a whole number"},
        {"params --threads 99999999999999999999", "must be a whole number"},
        {"run", "run: something is missing; usage: jiedao run CONFIG"},
        {"params offcials", "params: no section [offcials]; did you mean [officials]?\n"},
        {"configs -o x.ini", "configs: which config is to be written to x.ini?"},
        {"configs quikstart",
         "configs: no built-in config 'quikstart'; did you mean 'quickstart'?"},
        {"configs quickstart -o a.ini -o b.ini",
         "configs: --output is given twice, as 'a.ini' and as 'b.ini'; it has one value\n"},
        {"params --threads 1 --threads 1",
         "params: --threads is given twice, as '1' and as '1'; it has one value\n"},
        {"configs quickstart -o a.xlsx", "this writes ini, not xlsx; name it .ini\n"},
        {"run quickstart -o a.Parquet", "this writes h5, not Parquet; name it .h5\n"},
        {"run quickstart -o -", "this is not written to standard output; name a file"},
        {"figures a.h5 -o -", "this is not written to standard output; name a folder"},
        {"info -", "info: - : standard input is not read; name a file"},
        {"did d.csv --unit y --unit z", "did: --unit is given twice, as 'y' and as 'z'; it has one value\n"},
        {"did d.csv --y y --outcome-weights w.xlsx", "this writes csv, not xlsx; name it .csv\n"},
        {"export a.h5 -t runs -o r.xlsx",
         "-o r.xlsx: written are csv and dta; name it .csv, or say --format csv\n"},
        {"export a.h5 -t runs -o r.csv.gz", "written are csv and dta; name it .csv"},
        {"export a.h5 -t runs -o r.DTA --format csv", "contradict each other\n"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        run_program(&said, mistakes[i].line);
        if (said.status != 2) fail_msg("'%s' left status %d", mistakes[i].line, said.status);
        ASSERT_HOLDS(said.err, mistakes[i].message);
        assert_int_equal(strncmp(said.err, "jiedao: ", 8), 0);
        assert_string_equal(said.out, "");
    }
}

/* Lists add up, switches are idempotent, and an ending may be overruled in words. */
static void test_repeated_options(void **state)
{
    (void)state;
    static const char data[] =
        "printf 'i,t,g,y\\n1,1,2,0\\n1,2,2,1\\n2,1,0,0\\n2,2,0,.5\\n3,1,0,1\\n"
        "3,2,0,2\\n' >d.csv && \"$JIEDAO\" did d.csv -q -q --y y --unit i "
        "--time t --cohort g --format csv --estimator %s | cut -d, -f1,4";
    char line[512], both[sizeof said.out];
    setenv("JIEDAO", JD_PROGRAM, 1);
    snprintf(line, sizeof line, data, "2x2,twfe");
    run_shell(&said, line);
    strcpy(both, said.out);
    ASSERT_HOLDS(both, "\n2x2,");
    ASSERT_HOLDS(both, "\ntwfe,");
    snprintf(line, sizeof line, data, "2x2 --estimator twfe");
    run_shell(&said, line);
    assert_string_equal(said.out, both);
    run_shell(&said, "\"$JIEDAO\" configs quickstart -o new/folder/q.ini && ls new/folder");
    assert_string_equal(said.out, "q.ini\n");
}

/* Every mistake of a line is told, not the first alone. */
static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    run_program(&said, "params --fromat ini --theads 2");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "did you mean --format?\n");
    ASSERT_HOLDS(said.err, "\njiedao: params: unknown option --theads; did you mean --threads?\n");
}

static void test_full_disk_is_a_failure(void **state)
{
    (void)state;
    SKIP_WITHOUT("/dev/full");
    run_program(&said, "help > /dev/full");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "cannot be written to standard output: No space left on device");
}

static void test_params_formats(void **state)
{
    (void)state;
    run_program(&said, "params officials --format=json");
    ASSERT_STATUS(&said, 0);
    assert_true(strchr("{[", said.out[0]) != NULL);
    run_program(&said, "params officials --format ini");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "[officials]");
    run_program(&said, "params");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "officials");
}

static void test_configs_are_listed_and_written(void **state)
{
    (void)state;
    run_program(&said, "configs");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "quickstart");
    run_program(&said, "configs quickstart -o mine.ini");
    ASSERT_STATUS(&said, 0);
    run_program(
        &said,
        "configs quickstart.ini > seen.ini && cmp seen.ini mine.ini && cmp mine.ini '" JD_SOURCE_DIR
        "/configs/quickstart.ini'");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "configs quickstart -o mine.ini");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "mine.ini exists already; --force replaces it");
    run_program(&said, "configs quickstart -o mine.ini --force");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "configs quickstart -o mine.ini/in.ini");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "mine.ini: cannot be made a folder: a file of this name is there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_command_shows_help),
        cmocka_unit_test(test_help_lists_commands_with_examples),
        cmocka_unit_test(test_help_of_estimators),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_completion_in_zsh),
        cmocka_unit_test(test_help_finds_options),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_mistakes_are_told_and_leave_2),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_repeated_options),
        cmocka_unit_test(test_full_disk_is_a_failure),
        cmocka_unit_test(test_params_formats),
        cmocka_unit_test(test_configs_are_listed_and_written),
    };
    return cmocka_run_group_tests(tests, NULL, remove_here);
}
