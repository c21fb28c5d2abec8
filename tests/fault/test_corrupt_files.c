/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file the program reads, damaged: bits flipped, pages of zeros, ends cut off, blocks changed
 * about. Every command ends by itself within a time, and where it refuses says why. */
#include <sys/resource.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/tiny.h"

#ifndef DAMAGES
#define DAMAGES 4 /* of each file */
#endif

#define WORLD                                                                        \
    "quickstart --set world.provinces=2 --set world.prefectures=2"                   \
    " --set world.counties=8 --set world.streets=16 --set firms.n=300"               \
    " --set run.periods=6 --set run.burn_in=2 --set policy.adoption=2021Q1"          \
    " --set observation.panel_firms=50 --set output.officials=5 --quiet --threads 1" \
    " --set estimate.estimators=twfe"
#define SWEEP "sweep " WORLD " --set sweep.replicates=3 -o s"

/* The shell's line that makes all of them. */
#define MAKE                                                                                \
    "mkdir base; cd base; \"$JIEDAO\" run $WORLD -o r.h5; "                                 \
    "S=\"sweep $WORLD --set sweep.replicates=3\"; \"$JIEDAO\" $S -o s; "                    \
    "\"$JIEDAO\" $S -o s2 --shard 1/2; "                                                    \
    "\"$JIEDAO\" validate $WORLD --set validate.replicates=2 -o v; "                        \
    "\"$JIEDAO\" export r.h5 -t panel/county -o c.dta; "                                    \
    "\"$JIEDAO\" export r.h5 -t panel/county -o c.csv; "                                    \
    "\"$JIEDAO\" params --format ini | grep -v '^;' >c.ini; "                               \
    "echo code,parent_code,level,name,longitude_deg,latitude_deg >d.csv; "                  \
    "echo 1,,province,P,, >>d.csv; for i in 1 2; do echo $i$i,1,prefecture,Q$i,, >>d.csv; " \
    "for j in 1 2 3; do echo $i$i$j,$i$i,county,C$i$j,, >>d.csv; "                          \
    "echo $i$i$j$j,$i$i$j,street,S$i$j,11$i.$j,3$j.5 >>d.csv; done; done; "                 \
    "printf 'code,adoption\n111,2021Q1\n221,2021Q2\n' >l.csv"

static const struct reading {
    const char *file, *lines[4]; /* of the program, that read it */
} readings[] = {
    {"r.h5",
     {"info r.h5", "info r.h5 --config", "export r.h5 -t panel/county -o -",
      "did r.h5 --estimator twfe --threads 1"}},
    {"s/sweep.h5", {"info s/sweep.h5", "export s/sweep.h5 -t runs -o -"}},
    {"v/validation.h5", {"info v/validation.h5", "export v/validation.h5 -t validation -o -"}},
    {"s/plan.txt", {"info s", "merge s --force", SWEEP " --resume"}},
    {"s/config.ini", {"info s", "merge s --force", SWEEP " --resume"}},
    {"s/shards/000002.shard", {"info s", "merge s --force", SWEEP " --resume"}},
    {"s/shards/journal", {"info s", "merge s --force", SWEEP " --resume"}},
    {"s2/shards/000001.shard", {"info s2", "merge s2 --force"}},
    {"v/rounds/01/plan.txt", {"info v"}},
    {"v/rounds/01/shards/000001.shard", {"info v"}},
    {"c.csv",
     {"did c.csv --y inflow --unit unit --time time --cohort cohort --estimator twfe --threads 1",
      "did c.csv --y inflow --unit unit --time time --cohort cohort --threads 1"
      " --estimator callaway_santanna,event_study --diagnose bacon"}},
    {"c.dta",
     {"did c.dta --y inflow --unit unit --time time --cohort cohort --estimator twfe --threads "
      "1"}},
    {"c.ini", {"sweep c.ini --dry-run --set firms.n=100 --threads 1"}},
    {"d.csv", {"sweep " WORLD " --set world.divisions=d.csv --dry-run"}},
    {"l.csv",
     {"sweep " WORLD " --set world.divisions=d.csv --set policy.assignment=list"
      " --set policy.list=l.csv --dry-run"}},
};

static said_t said;
static char work[160], errors[160];
static int complaints;
static uint32_t state_of_draws = 2026;

static uint32_t draw(uint32_t below)
{
    state_of_draws = state_of_draws * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)state_of_draws * below) >> 32);
}

/* Damages bytes in place; their number afterwards. */
static size_t damage(char *bytes, size_t size, const char **what)
{
    static const char *const kinds[] = {"a bit flipped", "a byte changed", "zeros",
                                        "cut off",       "blocks changed", "bits flipped"};
    uint32_t n = (uint32_t)size, kind = draw(6), at = draw(n), to = draw(n);
    *what = kinds[kind];
    uint32_t block = n - (at > to ? at : to) < 64 ? n - (at > to ? at : to) : 64;
    switch (kind) {
    case 0:
        bytes[at] = (char)(bytes[at] ^ (1 << draw(8)));
        break;
    case 1:
        bytes[at] = (char)draw(256);
        break;
    case 2:
        memset(bytes + at, 0, n - at < 512 ? n - at : 512);
        break;
    case 3:
        return at;
    case 4:
        memmove(bytes + at, bytes + to, block);
        break;
    default:
        for (int i = 0; i < 8; i++)
            bytes[(at + draw(64)) % n] ^= (char)(1 << draw(8));
    }
    return size;
}

/* Runs a line within a time and some memory, in a fork; status as of waitpid(). */
static int run_line(const char *line)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) {
        assert_int_equal(waitpid(child, &status, 0), child);
        return status;
    }
    char text[2048], name[] = "jiedao", *argv[128];
    int n = 1;
    snprintf(text, sizeof text, "%s", line);
    argv[0] = name;
    for (char *word = strtok(text, " "); word && n < 127; word = strtok(NULL, " "))
        argv[n++] = word;
    argv[n] = NULL;
    static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}; /* cmocka takes them */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], SIG_DFL);
    const struct rlimit seconds = {20, 20};
    if (chdir(work) || !freopen("/dev/null", "w", stdout) || !freopen(errors, "w", stderr) ||
        setrlimit(RLIMIT_CPU, &seconds))
        _exit(126);
    alarm(120);
    int code = jd_cli_main(n, argv);
    fflush(NULL);
    _exit(code);
}

static void read_damaged(const struct reading *r, int i, const char *what)
{
    char told[4096], line[320];
    for (int k = 0; k < 4 && r->lines[k]; k++) {
        int status = run_line(r->lines[k]);
        read_back(errors, told, sizeof told);
        bool ended = WIFEXITED(status) && WEXITSTATUS(status) <= 2;
        if (ended && (WEXITSTATUS(status) == 0 || strstr(told, "jiedao: "))) continue;
        print_error("%s, damage %d (%s): jiedao %s: status %x: %s\n", r->file, i, what, r->lines[k],
                    (unsigned)status, told);
        snprintf(line, sizeof line,
                 "mkdir -p /tmp/jiedao-corrupt; cp work/%s /tmp/jiedao-corrupt/%d-%d", r->file,
                 (int)(r - readings), i);
        if (getenv("JD_KEEP")) run_shell(&said, line);
        complaints++;
    }
}

/* The line at the end of a result file, made right again for the bytes before it. */
static void seal_again(char *bytes, size_t size)
{
    uint32_t sum = 0xFFFFFFFFu;
    char line[64];
    if (size < 48) return;
    for (size_t i = 0; i < size - 48; i++) {
        sum ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    snprintf(line, sizeof line, "\njiedao crc32 %08x of %021zu\n", (unsigned)~sum, size - 48);
    memcpy(bytes + size - 48, line, 48);
}

static void test_damaged_files(void **unused)
{
    (void)unused;
    const char *only = getenv("JD_FILE");
    for (size_t f = 0; f < sizeof readings / sizeof *readings; f++) {
        const struct reading *r = &readings[f];
        char name[160], path[320];
        size_t size = 0;
        if (only && strcmp(only, r->file) != 0) continue;
        snprintf(name, sizeof name, "base/%s", r->file);
        snprintf(path, sizeof path, "%s/%s", work, r->file);
        for (int i = 0; i < DAMAGES; i++) {
            const char *what;
            char *bytes = load_here(name, &size);
            if (!bytes || size == 0) fail_msg("%s is not there", name);
            size_t left = damage(bytes, size, &what);
            if (strstr(r->file, ".h5") && left == size && i % 2) seal_again(bytes, size);
            run_shell(&said, "rm -rf work; cp -a base work");
            FILE *out = fopen(path, "wb");
            assert_non_null(out);
            assert_int_equal(fwrite(bytes, 1, left, out), left);
            assert_int_equal(fclose(out), 0);
            free(bytes);
            read_damaged(r, i, what);
        }
    }
    assert_int_equal(complaints, 0);
}

static int setup(void **state)
{
    if (set_tiny(state) || setenv("WORLD", WORLD, 1)) return -1;
    run_shell(&said, "{ " MAKE "; } >/dev/null 2>&1");
    snprintf(work, sizeof work, "%s/work", getenv("HERE"));
    snprintf(errors, sizeof errors, "%s/errors", getenv("HERE"));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_damaged_files)};
    return cmocka_run_group_tests(tests, setup, remove_here);
}
